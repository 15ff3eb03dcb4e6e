import { networksOn, type OnInterface, type ResolvedHost, type RouteSettings, type Setting } from "../host";
import { Cidr, InterfaceAddress, type IpAddress } from "../net";

/**
 * The kernel gives its own route to an IPv6 network that a port is on the metric 256, and `ip route` gives others 1024.
 * The smaller one wins, so ours would never be used. An IPv4 route replaces the kernel's.
 */
const ON_LINK_METRIC = 128;

/** The routes of a host as they are written down, with the metric that puts them in force. */
export function routesOf(host: ResolvedHost): readonly Setting<OnInterface<RouteSettings>>[] {
  return host.routes.map((route) => {
    const { interface: port, settings } = route.value;
    if (settings.metric !== undefined || !settings.to.includes(":") || !isOnLink(host, port, settings)) return route;
    return { ...route, value: { interface: port, settings: { ...settings, metric: ON_LINK_METRIC } } };
  });
}

/** Whether a route leads to a network that its port has an address in, so that the kernel has a route to it as well. */
export function isOnLink(host: ResolvedHost, port: string, route: RouteSettings): boolean {
  return route.via === undefined && networksOn(host, port).some((network) => network.toString() === route.to);
}

/** The words that `ip route` takes behind destination and gateway. */
export function routeOptions(route: RouteSettings): string {
  return [
    ...(route.mtu === undefined ? [] : ["mtu", String(route.mtu)]),
    ...(route.congestion === undefined ? [] : ["congctl", route.congestion]),
    ...(route.source === undefined ? [] : ["src", route.source]),
    ...(route.metric === undefined ? [] : ["metric", String(route.metric)]),
  ].join(" ");
}

/** Addresses outside of every network: the anycast prefix of 6to4, which RFC 7526 retired, and documentation of RFC 9637. */
const FAR_AWAY = { 4: "192.88.99.1", 6: "3fff:fff::1" } as const;

/** An address that a packet takes this route to: none of the host's own, and not behind a narrower route. @default - none is found */
export function reachedBy(host: ResolvedHost, route: RouteSettings): string | undefined {
  if (route.to === "default") return FAR_AWAY[4];
  const to = Cidr.parse(route.to);
  if (to.prefixLength === 0) return FAR_AWAY[to.family];
  return neighbourIn(host, to)?.toString();
}

/** An address in a network that is not the host's own. */
function neighbourIn(host: ResolvedHost, network: Cidr): IpAddress | undefined {
  const own = host.addresses.map((a) => InterfaceAddress.parse(a.value.settings).address);
  const narrower = [
    ...host.routes.map((r) => r.value.settings.to).filter((to) => to !== "default"),
    ...allNetworks(host),
  ]
    .map((to) => Cidr.parse(to))
    .filter((other) => other.prefixLength > network.prefixLength && network.overlaps(other));
  const tries = Array.from({ length: Number(network.usableCount < 8n ? network.usableCount : 8n) }, (_, i) =>
    network.usable(network.usableCount - 1n - BigInt(i)),
  );
  return tries.find(
    (address) => !own.some((mine) => mine.equals(address)) && !narrower.some((other) => other.contains(address)),
  );
}

/** An address in each network that the ports are on, but for those with a congestion control of their own. */
export function neighboursByDefault(host: ResolvedHost): readonly string[] {
  const special = host.routes.filter((r) => r.value.settings.congestion !== undefined).map((r) => r.value.settings.to);
  return host.interfaces
    .filter((port) => !port.control)
    .flatMap((port) => networksOn(host, port.id))
    .filter((network) => !special.includes(network.toString()))
    .flatMap((network) => neighbourIn(host, network)?.toString() ?? []);
}

/** An address in a network of a port. @default - the port is on none */
export function neighbourOn(host: ResolvedHost, port: string): string | undefined {
  return networksOn(host, port)
    .map((network) => neighbourIn(host, network)?.toString())
    .find((address) => address !== undefined);
}

function allNetworks(host: ResolvedHost): readonly string[] {
  return host.addresses.map((a) => InterfaceAddress.parse(a.value.settings).network.toString());
}
