import { defineProblem } from "../errors";
import type { FabricPort } from "../host";

const PORT_FILE = defineProblem("NL-PORT-FILE", "Settings of a fabric port can be written to its file");

/** Directory of the port files on the host. */
export const PORT_DIRECTORY = "/etc/netloom/ports";

/** Path of the file of a port. */
export function portFile(port: string): string {
  return `${PORT_DIRECTORY}/${port}.conf`;
}

/** The file that the port script reads: one `key value …` a line. */
export function renderFabricPort(port: FabricPort): string {
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
  ];
  return lines
    .filter((line): line is readonly [string, string | number] => line[1] !== undefined)
    .map(([key, value]) => `${key} ${oneLine(value)}\n`)
    .join("");
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
    throw PORT_FILE({ what: "a value of a port file spans lines", value: text, allowed: "one line" });
  }
  return text;
}
