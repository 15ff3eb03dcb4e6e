import { fail } from "../errors";
import type { ResolvedHost, Setting } from "../host";

/** Directory of the port files on the host. */
export const PORT_DIRECTORY = "/etc/netloom/ports";

/** How a port does RDMA: RoCE v1 or v2 in hardware, soft-RoCE in the kernel, or not at all. */
export type PortRdma = "none" | "soft" | "v1" | "v2";

/** What the file of a fabric port says about switches and traffic; rules judge it, the host ignores it. */
export interface PortStatement {
  /** Priorities that are lossless on the switches. */
  readonly switchPfc: readonly number[];
  /** Every switch marks ECN in the RoCE class. */
  readonly switchEcn: boolean;
  /** The fabric has no loops that a pause could travel round. */
  readonly loopFree: boolean;
  /** Lossless classes that something other than RDMA may use. */
  readonly sharedLossless: readonly string[];
  /** Percent of the link that strict classes may take together. */
  readonly strictShare: number;
  /** Strict classes are limited to their share. */
  readonly strictLimited: boolean;
}

/** Everything that the host's port script needs to know about one port, and what rules need beside it. */
export interface FabricPort {
  readonly port: string;
  readonly selector: string;
  /** Refuse to touch the port when it turns out to be the control interface. */
  readonly guard: boolean;
  readonly tools: "inbox" | "nvidia";
  readonly rdma: PortRdma;
  /** RoCE path MTU. @default - no RDMA */
  readonly roceMtu?: number;
  /** GID of the port's address, as sysfs prints it. @default - no RDMA */
  readonly gid?: string;
  /** Type of service byte of RDMA connections. @default - no RDMA */
  readonly tos?: number;
  readonly cnpDscp?: number;
  /** Priority on which the card reacts to ECN marks. @default - none */
  readonly ecnPriority?: number;
  /** Priority flow control for each of the eight priorities. @default - hardware queues are left alone */
  readonly pfc?: readonly boolean[];
  /** Traffic class of each priority. @default - as `pfc` */
  readonly prioTc?: readonly number[];
  readonly tcTsa?: readonly ("strict" | "ets")[];
  readonly tcBw?: readonly number[];
  /** Limits of strict classes in bit/s, 0 for none. @default - the link's rate is not known */
  readonly maxRate?: readonly number[];
  readonly dscp?: readonly (readonly [dscp: number, priority: number])[];
  /** Arguments of `tc qdisc replace dev …`. @default - the root qdisc is left alone */
  readonly qdisc?: string;
  /** Queues below the root: class and arguments. @default - none */
  readonly bands?: readonly (readonly [parent: string, qdisc: string])[];
  /** The class of the root qdisc that packets with a DSCP enter. @default - the root qdisc is left alone */
  readonly enters?: readonly (readonly [dscp: number, classId: string])[];
  /** `pfc-prevention-tout` in milliseconds, 65535 for the driver's choice. @default - left alone */
  readonly stormPrevention?: number;
  /** Spread interrupts over the cores of the card's NUMA node. */
  readonly affinity: boolean;
  /** Template of the file for collective libraries. @default - none */
  readonly collective?: string;
  /** Queue pairs that the collective library opens on the port. @default - no collective library is set up */
  readonly queuePairs?: number;
  readonly statement: PortStatement;
}

/** Path of the file of a port. */
export function portFile(port: string): string {
  return `${PORT_DIRECTORY}/${port}.conf`;
}

/** The file that the port script reads: one `key value …` a line. */
export function renderFabricPort(port: FabricPort): string {
  const { statement } = port;
  const lines: (readonly [string, string | number | undefined])[] = [
    ["selector", port.selector],
    ["guard", yesNo(port.guard)],
    ["tools", port.tools],
    ["rdma", port.rdma],
    ["roce-mtu", port.roceMtu],
    ["gid", port.gid],
    ["tos", port.tos],
    ["cnp-dscp", port.cnpDscp],
    ["ecn", port.ecnPriority],
    ["pfc", port.pfc && numbered(port.pfc.map((on) => (on ? "on" : "off")))],
    ["prio-tc", port.prioTc && numbered(port.prioTc)],
    ["tc-tsa", port.tcTsa && numbered(port.tcTsa)],
    ["tc-bw", port.tcBw && numbered(port.tcBw)],
    ["maxrate", port.maxRate && limits(port.maxRate)],
    ["maxrate-gbit", port.maxRate && numbered(port.maxRate.map((bps) => Math.ceil(bps / 1e9)))],
    ["app", port.dscp?.map(([dscp, priority]) => `${dscp}:${priority}`).join(" ")],
    ["qdisc", port.qdisc],
    ...(port.bands ?? []).map(([parent, qdisc]) => ["band", `${parent} ${qdisc}`] as const),
    ...(port.enters ?? []).map(([dscp, classId]) => ["enters", `${dscp} ${classId}`] as const),
    ["storm", port.stormPrevention],
    ["affinity", port.affinity ? "numa" : "none"],
    ["collective", port.collective],
    ["queue-pairs", port.queuePairs],
    ["switch-pfc", statement.switchPfc.join(" ") || "none"],
    ["switch-ecn", yesNo(statement.switchEcn)],
    ["loop-free", yesNo(statement.loopFree)],
    ["shared-lossless", statement.sharedLossless.join(" ") || "none"],
    ["strict-share", statement.strictShare],
    ["strict-limited", yesNo(statement.strictLimited)],
  ];
  return lines
    .filter((line): line is readonly [string, string | number] => line[1] !== undefined)
    .map(([key, value]) => `${key} ${oneLine(value)}\n`)
    .join("");
}

/** What a port file says, as far as rules ask. */
export interface PortFacts {
  readonly port: string;
  readonly rdma: PortRdma;
  readonly roceMtu?: number;
  readonly pfc: readonly number[];
  readonly usesEts: boolean;
  readonly stormPrevention: boolean;
  /** The root qdisc is set by the port's file. */
  readonly rootQdisc: boolean;
  readonly queuePairs?: number;
  readonly statement: PortStatement;
}

/** The port files of a host, read back; what users put in their place is judged all the same. */
export function fabricPorts(
  host: ResolvedHost,
): readonly { readonly facts: PortFacts; readonly setting: Setting<unknown> }[] {
  return host.files
    .filter((file) => file.key.startsWith(`${PORT_DIRECTORY}/`) && file.key.endsWith(".conf"))
    .map((setting) => ({
      setting,
      facts: parseFacts(setting.key.slice(PORT_DIRECTORY.length + 1, -".conf".length), setting.value.content),
    }));
}

function parseFacts(port: string, content: string): PortFacts {
  const values = new Map(
    content.split("\n").map((line) => [line.split(" ", 1)[0]!, line.slice(line.indexOf(" ") + 1)] as const),
  );
  const get = (key: string): string => values.get(key) ?? "";
  const words = (key: string): string[] =>
    get(key)
      .split(" ")
      .filter((word) => word !== "" && word !== "none");
  return {
    port,
    rdma: (get("rdma") || "none") as PortRdma,
    roceMtu: values.has("roce-mtu") ? Number(get("roce-mtu")) : undefined,
    pfc: words("pfc")
      .filter((pair) => pair.endsWith(":on"))
      .map((pair) => Number(pair.split(":", 1)[0])),
    usesEts: get("tc-tsa").includes("ets") || / ets( |$)/.test(get("qdisc")),
    stormPrevention: values.has("storm"),
    rootQdisc: values.has("qdisc"),
    queuePairs: values.has("queue-pairs") ? Number(get("queue-pairs")) : undefined,
    statement: {
      switchPfc: words("switch-pfc").map(Number),
      switchEcn: get("switch-ecn") === "yes",
      loopFree: get("loop-free") === "yes",
      sharedLossless: words("shared-lossless"),
      strictShare: Number(get("strict-share") || 0),
      strictLimited: get("strict-limited") !== "no",
    },
  };
}

function numbered(values: readonly (string | number)[]): string {
  return values.map((value, index) => `${index}:${value}`).join(" ");
}

function limits(rates: readonly number[]): string | undefined {
  const limited = rates.map((bps, tc) => [tc, bps] as const).filter(([, bps]) => bps > 0);
  return limited.length === 0 ? undefined : limited.map(([tc, bps]) => `${tc}:${bps / 1e6}mbit`).join(" ");
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

function oneLine(value: string | number): string {
  const text = String(value);
  if (/[\r\n\0]/.test(text)) {
    fail({ code: "NL-PORT-FILE", what: "a value of a port file spans lines", value: text, allowed: "one line" });
  }
  return text;
}
