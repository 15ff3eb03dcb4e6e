import { at, failAll, type Problem } from "../errors";
import { Cidr, InterfaceAddress, IpAddress } from "../net";
import { isInterfaceName } from "./interface";
import type { LinkSettings, OpenPort, RouteSettings, WireGuardDevice } from "./kinds";

const MOST_UINT32 = 2 ** 32 - 1;

interface NumberRange {
  readonly least: number;
  readonly most: number;
  readonly unit: string;
}

/** Link MTUs go up to what a 16-bit length field holds; rings, channels and times to the fields of ethtool. */
const NUMBERS: Readonly<Record<string, NumberRange>> = {
  mtu: { least: 68, most: 65535, unit: "bytes" },
  rxRing: { least: 1, most: MOST_UINT32, unit: "entries" },
  txRing: { least: 1, most: MOST_UINT32, unit: "entries" },
  channels: { least: 1, most: 65535, unit: "queues" },
  rxCoalesceMicros: { least: 0, most: MOST_UINT32, unit: "µs" },
};

const SWITCHES = new Set(["rxPause", "txPause", "autoPause", "lro", "gro", "tso", "adaptiveRxCoalesce"]);

/** Refuses properties that are none, and values that no driver takes; all of them at once. */
export function assertLink(path: string, interfaceId: string, link: LinkSettings): void {
  const problems = Object.entries(link).flatMap(([property, value]): Problem[] => {
    if (value === undefined || isLinkValue(property, value)) return [];
    const range = NUMBERS[property];
    const known = range !== undefined || SWITCHES.has(property);
    return [
      {
        code: "NL-LINK",
        path,
        what: known
          ? `${property} of interface ${interfaceId} cannot have this value`
          : `links have no property ${property}`,
        value,
        allowed:
          range !== undefined
            ? `a whole number of ${range.unit} from ${range.least} to ${range.most}${isRing(property) ? `, or "max"` : ""}`
            : known
              ? "true or false"
              : [...Object.keys(NUMBERS), ...SWITCHES].join(", "),
      },
    ];
  });
  failAll(problems);
}

function isRing(property: string): boolean {
  return property === "rxRing" || property === "txRing";
}

function isLinkValue(property: string, value: unknown): boolean {
  if (SWITCHES.has(property)) return typeof value === "boolean";
  if (isRing(property) && value === "max") return true;
  const range = NUMBERS[property];
  return range !== undefined && isWhole(value, range.least, range.most);
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}

/** An address with prefix length in its one spelling. */
export function normalAddress(path: string, cidr: string | InterfaceAddress): string {
  return at(path, () => InterfaceAddress.parse(cidr).toString());
}

/** A route with its addresses in their one spelling; a single address as destination becomes a network of one. */
export function normalRoute(path: string, route: RouteSettings): RouteSettings {
  return at(path, () => {
    const to = destination(route.to);
    const via = route.via === undefined ? undefined : IpAddress.parse(route.via);
    const source = route.source === undefined ? undefined : IpAddress.parse(route.source);
    const families = [to?.family, via?.family, source?.family].filter((family) => family !== undefined);
    const problems: Problem[] = [];
    const refuse = (what: string, value: unknown, allowed: string) =>
      problems.push({ code: "NL-ROUTE", what: `${what} of the route to ${route.to}`, value, allowed });
    if (new Set(families).size > 1) {
      refuse("IPv4 and IPv6 are mixed in the addresses", [route.to, route.via, route.source], "one family per route");
    }
    if (route.mtu !== undefined && !isWhole(route.mtu, 68, 65535)) {
      refuse("not a path MTU:", route.mtu, "a whole number of bytes from 68 to 65535");
    }
    if (route.metric !== undefined && !isWhole(route.metric, 0, MOST_UINT32)) {
      refuse("not a metric:", route.metric, `a whole number from 0 to ${MOST_UINT32}`);
    }
    if (route.congestion !== undefined && !/^[a-z][a-z0-9_-]{0,14}$/.test(route.congestion)) {
      refuse("not a congestion control:", route.congestion, "a name such as bbr, cubic or dctcp");
    }
    failAll(problems);
    const normal = to === undefined || to.toString() === "0.0.0.0/0" ? "default" : to.toString();
    // The default route of IPv6 has a name of its own: both families may go through one port.
    const named = normal === "default" && families.includes(6) ? "::/0" : normal;
    return { ...route, to: named, via: via?.toString(), source: source?.toString() };
  });
}

/** `undefined` stands for the default route. */
function destination(to: string): Cidr | undefined {
  if (to === "default") return undefined;
  const single = IpAddress.tryParse(to);
  return single === undefined ? Cidr.parse(to) : Cidr.containing(single, single.bits);
}

export function assertOpenPort(path: string, port: OpenPort): void {
  const problems: Problem[] = [];
  const refuse = (what: string, value: unknown, allowed: string) =>
    problems.push({ code: "NL-OPEN-PORT", path, what, value, allowed, remedy: `{ protocol: "udp", port: 51820 }` });
  if (port.protocol !== "tcp" && port.protocol !== "udp") {
    refuse("the firewall knows no such protocol", port.protocol, "tcp or udp");
  }
  if (!isWhole(port.port, 1, 65535)) refuse("not a port number", port.port, "1 to 65535");
  if (port.interface !== undefined && !isInterfaceName(port.interface)) {
    refuse("not an interface", port.interface, "the id of an interface, or a device name");
  }
  failAll(problems);
}

export function assertWireGuard(path: string, device: WireGuardDevice): void {
  const problems: Problem[] = [];
  const refuse = (what: string, value: unknown, allowed: string) =>
    problems.push({ code: "NL-WIREGUARD", path, what, value, allowed });
  if (!isInterfaceName(device.device)) refuse("not a device name", device.device, "1 to 15 of A-Z a-z 0-9 _ . -");
  if (!isWhole(device.port, 1, 65535)) refuse("not a UDP port", device.port, "1 to 65535");
  if (!isWhole(device.mtu, 576, 65535)) refuse("not an MTU for a tunnel", device.mtu, "576 to 65535");
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*\.peers$/.test(device.table)) {
    refuse("not the name of a peer table", device.table, "a name of A-Z a-z 0-9 . _ - that ends in .peers");
  }
  if (!isWhole(device.keyEpoch, 1, MOST_UINT32)) refuse("not a key epoch", device.keyEpoch, "a whole number from 1");
  if (device.firewallMark !== undefined && !isWhole(device.firewallMark, 1, MOST_UINT32)) {
    refuse("not a firewall mark", device.firewallMark, `1 to ${MOST_UINT32}`);
  }
  failAll(problems);
}
