import fc from "fast-check";
import { Host } from "../../lib";
import { QosPolicy } from "../../lib/constructs/rdma";
import { mssClampBody, mssClampTable } from "../../lib/constructs/wireguard/mss-clamp";
import { hosts, saying } from "./hosts";
import { interfaceAddress, text, word } from "./input";
import { type Loaded, loaded, type Table } from "./nft";
import { merged, rangeOf } from "./numbers";
import { differs, inRounds } from "./reader";
import type { Target } from "./target";

const TOOLS = ["nft", "unshare"];
const FAMILIES = [
  ["ip", (network: string) => !network.includes(":")],
  ["ip6", (network: string) => network.includes(":")],
] as const;

const id = fc.stringMatching(/^[A-Za-z0-9_.-]{1,15}$/);
const port = fc.integer({ min: 1, max: 65535 });

/** The same tables for every input in which all is right, so that nft is asked once for all of them. */
function readTables<I extends object>(
  written: readonly { readonly input: I; readonly output: string }[],
  directory: string,
  keyOf: (input: I) => string,
  judge: (table: Table | undefined, input: I) => string | undefined,
): readonly (string | undefined)[] {
  return inRounds(
    written,
    ({ input }) => [keyOf(input)],
    (round) => {
      const texts = round.map(({ output }) => output);
      return loaded(texts, directory).map((tables: Loaded, i) => {
        if ("complaint" in tables) return tables.complaint;
        return judge(tables.get(keyOf(round[i]!.input)), round[i]!.input);
      });
    },
  );
}

interface Policy {
  readonly id: string;
  readonly addresses: readonly string[];
  readonly dscp: readonly number[];
  readonly marks: readonly {
    readonly class: string;
    readonly protocol: "tcp" | "udp";
    readonly ports: readonly number[];
  }[];
}

const CLASSES = ["first", "second", "rest"];
/** Whose each DSCP is: the first of a class is what its marks write. */
const classes = (dscp: readonly number[]) =>
  CLASSES.map((name, i) => ({
    name,
    dscp: dscp.filter((_, n) => n % CLASSES.length === i),
    priority: [5, 3, 0][i]!,
    scheduler: "ets" as const,
    share: [20, 30, 50][i]!,
  }));

const qosTarget: Target<Policy, string> = {
  name: "tables of QosPolicy, read by nft",
  tools: TOOLS,
  needsRoot: true,
  batch: 300,
  input: fc.record({
    id,
    addresses: fc.array(interfaceAddress, { minLength: 1, maxLength: 3 }),
    dscp: fc.uniqueArray(fc.nat(63), { minLength: 3, maxLength: 12 }),
    marks: fc.array(
      fc.record({
        class: fc.constantFrom(...CLASSES),
        protocol: fc.constantFrom("tcp", "udp"),
        ports: fc.array(port, { minLength: 1, maxLength: 4 }),
      }),
      { maxLength: 3 },
    ),
  }),
  write: hosts(({ id, addresses, dscp, marks }) => ({
    build: (stack, name, mac) => {
      const host = new Host(stack, name, { interfaces: [{ id, mac, addresses }] });
      new QosPolicy(stack, `qos-${name}`, { classes: classes(dscp), marks }).attach(host, { queues: "none" });
    },
    file: `root/etc/netloom/inet-netloom-qos-${id}.nft`,
  })),
  read: (written, directory) =>
    readTables(
      written,
      directory,
      ({ id }) => `inet netloom-qos-${id}`,
      (table, { addresses, dscp, marks }) => {
        const used = FAMILIES.map(([name, isOwn]) => [name, addresses.filter(isOwn)] as const).filter(
          ([, own]) => own.length > 0,
        );
        const plan = classes(dscp);
        const priorities = plan
          .flatMap(({ dscp: points, priority }) => points.map((point) => [point, priority] as const))
          .sort(([a], [b]) => a - b)
          .map(([point, priority]) => `${point}>0:${priority}`);
        const wanted = [
          ...used.map(([name, own]) => [
            "classify",
            `${name} daddr == ${merged(own.map(rangeOf)).join(" ")} goto classes`,
          ]),
          ...marks.flatMap((mark) =>
            used.flatMap(([name]) =>
              ["dport", "sport"].map((end) => {
                const ports = [...new Set(mark.ports)].sort((a, b) => a - b).join(" ");
                const first = plan.find((one) => one.name === mark.class)!.dscp[0];
                return ["classes", `${mark.protocol} ${end} == ${ports} ${name} dscp := ${first}`];
              }),
            ),
          ),
          ...used.map(([name]) => ["classes", `priority := ${name} dscp ${priorities.join(" ")}`]),
        ];
        return differs(table, { hooks: ["classify: filter postrouting -150 accept"], rules: wanted });
      },
    ),
};

const clampTarget: Target<{ readonly device: string }, string> = {
  name: "tables that clamp segments, read by nft",
  tools: TOOLS,
  needsRoot: true,
  batch: 300,
  input: fc.record({ device: fc.oneof(id, word) }),
  // Made by the mesh of a member that passes packets on; a whole mesh for each name takes ten times as long.
  write: hosts(({ device }) => ({
    build: saying((host) => {
      host.forward({ device }, { because: "b" });
      host.nftables("inet", mssClampTable(device), mssClampBody(device), { because: "b" });
    }),
    file: `root/etc/netloom/inet-netloom-mss-${device}.nft`,
  })),
  read: (written, directory) =>
    readTables(
      written,
      directory,
      ({ device }) => `inet netloom-mss-${device}`,
      (table, { device }) =>
        differs(table, {
          hooks: ["forward: filter forward -150 accept"],
          rules: ["iifname", "oifname"].map((end) => [
            "forward",
            `${end} == ${device} tcp flags in 2 maxseg size := rt mtu`,
          ]),
        }),
    ),
};

/** Words of nft's language, of its programs and of other tables. */
const NFT_WORDS = [
  ..."accept add all and bridge chain comment counter ct delete drop dynamic element ether export filter flow".split(
    " ",
  ),
  ..."hook icmp iif iifname inet ip ip6 jump last limit log map mark mangle masquerade meter nat netdev oif or".split(
    " ",
  ),
  ..."position priority queue quota raw reject reset rule ruleset security set snat table tcp th timeout type udp".split(
    " ",
  ),
];

interface Named {
  readonly family: string;
  readonly table: string;
  readonly because: string;
}

const nameTarget: Target<Named, string> = {
  name: "names of tables, read by nft",
  tools: TOOLS,
  needsRoot: true,
  batch: 300,
  input: fc.record({
    family: fc.constantFrom("ip", "ip6", "inet", "arp", "bridge", "netdev"),
    table: fc.oneof(
      { weight: 3, arbitrary: fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,20}$/) },
      { weight: 1, arbitrary: word },
      { weight: 1, arbitrary: fc.constantFrom(...NFT_WORDS) },
    ),
    because: text,
  }),
  write: hosts(({ family, table, because }) => ({
    build: saying((host) => host.nftables(family, table, "chain empty {\n}", { because })),
    file: `root/etc/netloom/${family}-${table}.nft`,
  })),
  read: (written, directory) =>
    readTables(
      written,
      directory,
      ({ family, table }) => `${family} ${table}`,
      (table) => differs(table, { hooks: [], rules: [] }),
    ),
};

export const NFT_TARGETS = [qosTarget, clampTarget, nameTarget];
