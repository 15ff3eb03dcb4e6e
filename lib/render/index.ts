export { checksOf } from "./checks";
export { type HashedFile, type HashedFiles, type HostFile, type HostFiles, hashed, sha256 } from "./file";
export { renderHost } from "./host";
export { renderSettings } from "./settings";
export { command, comment, quote } from "./shell";
export { type Peer, renderPeerTable } from "./wireguard";
export { renderFlake } from "./flake";
