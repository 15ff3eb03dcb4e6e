import { NO_PRESHARED_KEY } from "../contract";

/** One `[Peer]` of a peer table. */
export interface Peer {
  /** Name in the mesh; becomes a comment. */
  readonly member: string;
  /** Base64 public key, or a placeholder that the deploy fills with the key that the host made. */
  readonly publicKey: string;
  /** Ranges that are routed to the peer. */
  readonly allowedIps: readonly string[];
  /** `address:port`. @default - the peer calls first */
  readonly endpoint?: string;
  /** Seconds. @default - off */
  readonly keepalive?: number;
  /** The peer is not managed here, so no pre-shared key can be agreed with it. @default false */
  readonly unmanaged?: boolean;
}

/**
 * A peer table in the syntax of wg(8). One table serves all members of a full mesh, since the kernel ignores an
 * entry with a device's own key: a mesh of N members costs O(N) bytes.
 */
export function renderPeerTable(peers: readonly Peer[]): string {
  return peers.map(renderPeer).join("\n");
}

function renderPeer(peer: Peer): string {
  return [
    `# ${peer.member}`,
    ...(peer.unmanaged ? [NO_PRESHARED_KEY] : []),
    "[Peer]",
    `PublicKey = ${peer.publicKey}`,
    `AllowedIPs = ${peer.allowedIps.join(", ")}`,
    ...(peer.endpoint === undefined ? [] : [`Endpoint = ${peer.endpoint}`]),
    ...(peer.keepalive === undefined ? [] : [`PersistentKeepalive = ${peer.keepalive}`]),
    "",
  ].join("\n");
}
