export type { HostFile, HostFiles } from "./file";
export { renderHost } from "./host";
export { keySlot } from "./plan";
export { renderSettings } from "./settings";
export { command, comment, quote } from "./shell";
export { keyPlaceholder, type Peer, renderPeerTable } from "./wireguard";
export { renderFlake } from "./flake";
