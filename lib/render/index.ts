export { checksOf } from "./checks";
export { type HashedFile, type HashedFiles, type HostFile, type HostFiles, hashed, sha256 } from "./file";
export { renderHost } from "./host";
export { linesJson } from "./json";
export { keySlot } from "./plan";
export { renderSettings } from "./settings";
export { command, comment, quote } from "./shell";
export { keyPlaceholder, type Peer, renderPeerTable } from "./wireguard";
export { renderFlake } from "./flake";
