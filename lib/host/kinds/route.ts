import { at, defineProblem, failAll, type Problem } from "../../errors";
import { Cidr, IpAddress } from "../../net";
import { defineKind, type OnInterface } from "./kind";
import { isWhole, MOST_UINT32 } from "./words";

const BAD_ROUTE = defineProblem("NL-ROUTE", "A route is one that the kernel takes");

/** A route on a port. */
export interface RouteSettings {
  /** Destination prefix, or `"default"`, whose family is that of `via` or `source`, else IPv4. */
  readonly to: string;
  /** Gateway address. @default - on link */
  readonly via?: string;
  /** Path MTU in bytes that is pinned for this destination. @default - the link's */
  readonly mtu?: number;
  /** TCP congestion control for this destination. @default - the host's */
  readonly congestion?: string;
  /** Preferred source address. @default - chosen by the kernel */
  readonly source?: string;
  /** Metric; smaller wins. @default - the kernel's; 128 for an IPv6 network that the port is on, where the kernel's own route has 256 */
  readonly metric?: number;
}

export const ROUTE = defineKind({
  noun: "route",
  record({ origin, port }, interfaceId: string, route: RouteSettings) {
    port(interfaceId);
    const settings = normalRoute(origin, route);
    const value: OnInterface<RouteSettings> = { interface: interfaceId, settings };
    return [[`${interfaceId} ${settings.to} ${settings.metric ?? 0}`, value]];
  },
  effect: () => "open connections",
  show: ({ settings }) => settings,
});

/** A route with its addresses in their one spelling; a single address as destination becomes a network of one. */
function normalRoute(path: string, route: RouteSettings): RouteSettings {
  return at(path, () => {
    const to = destination(route.to);
    const via = route.via === undefined ? undefined : IpAddress.parse(route.via);
    const source = route.source === undefined ? undefined : IpAddress.parse(route.source);
    const families = [to?.family, via?.family, source?.family].filter((family) => family !== undefined);
    const problems: Problem[] = [];
    const refuse = (what: string, value: unknown, allowed: string) =>
      problems.push({ code: BAD_ROUTE.id, what: `${what} of the route to ${route.to}`, value, allowed });
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
