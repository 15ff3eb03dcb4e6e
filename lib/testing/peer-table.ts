/** One `[Peer]` of a generated peer table. */
export interface TablePeer {
  /** The member's name, from the comment above the section. */
  readonly member: string;
  /** 44 characters of base64, or `@key:<mesh>/<member>@` where the deploy puts the key that the host makes. */
  readonly publicKey: string;
  /** Ranges that are routed to the peer, as written, e.g. `10.99.0.2/32`. */
  readonly allowedIps: readonly string[];
  /** `address:port`. @default - the peer calls first */
  readonly endpoint?: string;
  /** Seconds between keepalives. @default - none are sent */
  readonly keepalive?: number;
}

/** Reads a peer table as Netloom writes it: sections apart by blank lines, the member's name in the first comment. */
export function parsePeerTable(text: string): readonly TablePeer[] {
  return text
    .split(/\n\n+/)
    .filter((section) => section.includes("[Peer]"))
    .map((section) => {
      const values = new Map([...section.matchAll(/^(\w+) = (.*)$/gm)].map((match) => [match[1]!, match[2]!]));
      const keepalive = values.get("PersistentKeepalive");
      return {
        member: /^# (.*)$/m.exec(section)?.[1] ?? "",
        publicKey: values.get("PublicKey") ?? "",
        allowedIps: (values.get("AllowedIPs") ?? "").split(", ").filter((range) => range !== ""),
        endpoint: values.get("Endpoint"),
        keepalive: keepalive === undefined ? undefined : Number(keepalive),
      };
    });
}
