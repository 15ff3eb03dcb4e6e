import { chmodSync } from "node:fs";
import fc from "fast-check";
import { FIREWALL_SCRIPT_TEXT } from "../../lib/render/firewall";
import { hosts, saying } from "./hosts";
import { tablesOf } from "./nft";
import { numberOf } from "./numbers";
import { askApart, differs, inRounds, put } from "./reader";
import type { Target } from "./target";

interface Opening {
  readonly device: string;
  readonly mac: string;
  readonly byMac: boolean;
  readonly address: string;
  readonly protocol: "tcp" | "udp";
  readonly port: number;
}

/** firewalld with one zone that lets nothing in. It is not read: rules of ours that narrow its openings are. */
const FIREWALLD = `#!/bin/sh
case $1 in
--get-default-zone) echo public ;;
--list-all-zones) printf 'public (active)\\n  target: default\\n  services: \\n  ports: \\n' ;;
esac
`;

/** The script is handed the openings of many inputs at once, each with a device of its own, and makes one table of them. */
const firewallTarget: Target<Opening, string> = {
  name: "the firewall script's table, read by nft",
  tools: ["nft", "unshare", "ip"],
  needsRoot: true,
  batch: 50,
  // A shell script that calls some twenty programs for each opening.
  share: 0.1,
  input: fc.record({
    device: fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{2,14}$/),
    mac: fc
      .array(fc.nat(255), { minLength: 5, maxLength: 5 })
      .map((parts) => ["02", ...parts.map((part) => part.toString(16).padStart(2, "0"))].join(":")),
    byMac: fc.boolean(),
    address: fc.oneof(
      fc.tuple(fc.nat(255), fc.nat(255), fc.integer({ min: 1, max: 254 })).map((parts) => `10.${parts.join(".")}`),
      fc
        .tuple(fc.nat(0xffff), fc.integer({ min: 1, max: 0xffff }))
        .map(([a, b]) => `fd00:${a.toString(16)}::${b.toString(16)}`),
    ),
    protocol: fc.constantFrom("tcp", "udp"),
    port: fc.integer({ min: 1, max: 65535 }),
  }),
  write: hosts(({ device, mac, byMac, address, protocol, port }) => {
    const addresses = [`${address}/${address.includes(":") ? 64 : 24}`];
    return {
      build: saying(
        (host) => host.openPort({ protocol, port, interface: "exp0" }, { because: "b" }),
        () => ({ interfaces: [{ id: "exp0", addresses, ...(byMac ? { mac } : { name: device }) }] }),
      ),
      file: "root/etc/systemd/system/netloom-firewall.service",
    };
  }),
  read: (written, directory) =>
    inRounds(
      written,
      ({ input }) => [input.device, input.mac, input.address],
      (round) => {
        chmodSync(put(directory, "firewall-cmd", FIREWALLD), 0o755);
        put(directory, "firewall", FIREWALL_SCRIPT_TEXT);
        put(directory, "var/lib/netloom/nothing", "");
        const links = round.map(
          ({ input: { device, mac, address } }) =>
            `link add ${device} address ${mac} type ifb\naddr add ${address} dev ${device} nodad\n`,
        );
        put(directory, "links", links.join(""));
        const words = round.map(({ output }) => /^ExecStart=.* open (.*)$/m.exec(output)?.[1] ?? "").join(" ");
        const script = `ip -b "$1/links" && PATH="$1:$PATH" NETLOOM_ROOT=$1 sh "$1/firewall" open ${words} 2>"$1/said"; nft -j -n list ruleset; cat "$1/said"; rm -r "$1/var"`;
        const [listing, ...said] = askApart(script, directory).split("\n");
        if (!listing!.startsWith('{"nftables"')) throw new Error(listing);
        const rules = (tablesOf(listing!).get("inet netloom-ports")?.rules ?? []).map(([, rule]) => rule);
        return round.map(({ input: { device, address, protocol, port } }) => {
          const place = numberOf(address);
          const found = rules.filter((rule) => rule.includes(` ${place}-`));
          const devices = [device, "lo"].sort().join(" ");
          const family = address.includes(":") ? "ip6" : "ip";
          const wanted = `${family} daddr == ${place}-${place} ${protocol} dport == ${port} iifname != ${devices} drop`;
          return differs(found, [wanted]) && `${differs(found, [wanted])} ${said.join(" ")}`;
        });
      },
    ),
};

export const FIREWALL_TARGETS = [firewallTarget];
