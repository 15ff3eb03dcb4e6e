import { defineProblem } from "../../errors";
import { defineKind } from "./kind";
import { NFT_WORDS } from "./nft-words";

const BAD_TABLE = defineProblem("NL-NFTABLES", "An nftables table has a family, a name and a body");

export const NFTABLES = defineKind({
  noun: "nftables table",
  record({ origin }, family: string, table: string, body: string) {
    assertTableName(origin, family, table);
    return [[`${family} ${table}`, body]];
  },
  effect: () => "unknown",
  // NixOS brings it with `networking.nftables`.
  needs: () => ({ package: { debian: "nftables" }, because: "the agent loads tables with nft" }),
});

/** What `nft` takes as family and as a name without quotes. */
function assertTableName(path: string, family: string, table: string): void {
  const isWord = NFT_WORDS.has(table);
  if (/^(ip|ip6|inet|arp|bridge|netdev)$/.test(family) && /^[A-Za-z][A-Za-z0-9_.-]*$/.test(table) && !isWord) return;
  throw BAD_TABLE({
    path,
    what: isWord ? "a word of nft's language cannot be the name of a table" : "not an nftables table",
    value: `${family} ${table}`,
    allowed: "ip, ip6, inet, arp, bridge or netdev, and a name of A-Z a-z 0-9 _ . -",
    remedy: `settings.nftables("inet", "netloom-qos", "…", reason)`,
  });
}
