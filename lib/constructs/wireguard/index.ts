export type { MemberOptions, UnmanagedPeer } from "./member";
export { Topology, type TopologySpec, WireGuardKeys, type WireGuardKeysSpec } from "./topology";
export type { WireGuardMeshProps } from "./props";
export { WireGuardMesh } from "./wireguard-mesh";
