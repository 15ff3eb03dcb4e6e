import { at, defineProblem } from "../../errors";
import { type HostSettings, type NetworkInterface, TrafficClasses } from "../../host";
import type { Cidr } from "../../net";
import type { QosClass } from "../../tuning";
import { pointsOf } from "./qos-queues";

const QOS_MARK = defineProblem("NL-QOS-MARK", "A mark names ports, and a class that may drop");
export const QOS_NETWORK = defineProblem("NL-QOS-NETWORK", "A port whose traffic is put into classes has an address");

/** Traffic of an application that is put into a class by the ports it uses. */
export interface QosMark {
  /** Name of the class. */
  readonly class: string;
  /** Protocol that the ports belong to. */
  readonly protocol: "tcp" | "udp";
  /** Ports of the service, at either end. */
  readonly ports: readonly number[];
}

/** Puts what leaves for the networks of a port into classes, in the name of the construct at `path`. */
export function contributeMarks(
  settings: HostSettings,
  path: string,
  port: NetworkInterface,
  classes: readonly QosClass[],
  marks?: readonly QosMark[],
): void {
  const networks = port.addresses.map(({ network }) => network);
  const reason = {
    because: "the kernel's own table of DSCP and priority throws classes together",
    source: "Linux net/ipv4/route.c, ip_tos2prio",
  };
  const body = at(path, () => qosTableBody(classes, networks, marks));
  settings.nftables("inet", `netloom-qos-${port.id}`, body, reason);
  settings.fact(TrafficClasses, port.id, classes, reason);
}

/**
 * The body of an nftables table that marks applications and gives every packet the priority of its DSCP. The kernel's
 * own mapping (`ip_tos2prio`) knows four bits of the field only and throws AF classes together. Packets that leave for
 * other networks than `networks` are not touched, and with them the control interface is not.
 */
export function qosTableBody(
  classes: readonly QosClass[],
  networks: readonly Cidr[],
  marks: readonly QosMark[] = [],
): string {
  if (networks.length === 0) {
    throw QOS_NETWORK({
      what: "without a network the marks would reach the control interface too",
      allowed: "at least one network of the experiment",
      remedy: 'addresses: ["10.10.1.1/24"] on the port',
    });
  }
  const families = [
    { name: "ip", networks: networks.filter((network) => network.family === 4) },
    { name: "ip6", networks: networks.filter((network) => network.family === 6) },
  ].filter((family) => family.networks.length > 0);
  const lines = [
    "chain classify {",
    "  type filter hook postrouting priority mangle; policy accept;",
    ...families.map(({ name, networks: to }) => `  ${name} daddr { ${to.join(", ")} } goto classes`),
    "}",
    "chain classes {",
    ...marks.flatMap((mark) => families.flatMap(({ name }) => markLines(name, mark, classes))),
    ...families.map(({ name }) => `  meta priority set ${name} dscp map { ${priorityMap(classes)} }`),
    "}",
  ];
  return `${lines.map((line) => `  ${line}`).join("\n")}\n`;
}

/** nft reads a priority as a traffic control handle, major:minor; the minor number is the priority. */
function priorityMap(classes: readonly QosClass[]): string {
  return pointsOf(classes)
    .map(([point, priority]) => `${point} : 0:${priority}`)
    .join(", ");
}

function markLines(family: string, mark: QosMark, classes: readonly QosClass[]): string[] {
  const target = classes.find(({ name }) => name === mark.class);
  if (target === undefined) {
    throw QOS_MARK({
      what: "the plan has no class of this name",
      value: mark.class,
      allowed: classes.map(({ name }) => name).join(", "),
    });
  }
  if (target.lossless) {
    throw QOS_MARK({
      what: `${mark.protocol} traffic would share the lossless class ${mark.class} and pause the fabric with its bursts`,
      value: mark,
      allowed: classes
        .filter(({ lossless }) => !lossless)
        .map(({ name }) => name)
        .join(", "),
    });
  }
  if (mark.ports.length === 0 || mark.ports.some((port) => !Number.isInteger(port) || port < 1 || port > 65535)) {
    throw QOS_MARK({ what: "these are no ports", value: mark.ports, allowed: "1 to 65535" });
  }
  const ports = [...mark.ports].sort((left, right) => left - right).join(", ");
  return ["dport", "sport"].map((end) => `  ${mark.protocol} ${end} { ${ports} } ${family} dscp set ${target.dscp[0]}`);
}
