export type { MemberOptions, UnmanagedPeer } from "./member";
export { Topology, type TopologySpec, WireGuardKeys, type WireGuardKeysSpec } from "./topology";
export { WireGuardMesh, type WireGuardMeshProps } from "./wireguard-mesh";
