import type { NetworkInterface, ResolvedHost, RouteSettings, UnitSection } from "../host";
import { InterfaceAddress } from "../net";
import { isOnLink, routesOf } from "./route";
import { renderSections } from "./unit";

/** What networkd and udev are told about one port; both renderings are made from it. */
export interface NetworkdPort {
  readonly id: string;
  readonly match: UnitSection;
  /** `[Link]` of the `.link` file. @default - nothing to set before the device is up */
  readonly link?: UnitSection;
  /** Sections of the `.network` file. @default - neither addresses nor routes are given, so the port stays with whoever configures it */
  readonly network?: readonly (readonly [string, UnitSection])[];
}

/**
 * Sorts before netplan's `10-netplan-*`: the first file that matches wins, and ours is the more specific one.
 * systemd.link(5), systemd.network(5).
 */
export const FILE_PREFIX = "10-netloom";

/**
 * Sorts behind every `.link` file of the host (netplan's `10-`, Debian's `73-usb-net-by-mac`, a name that the operator
 * chose) and before systemd's `99-default`: the first one that matches names the port, and another name would leave
 * it without its other configuration. What ours says in vain then, the agent sets at boot.
 */
export const LINK_FILE_PREFIX = "90-netloom";

/** Everything networkd has to know, port by port; ports without settings are left out. */
export function networkdPorts(host: ResolvedHost): readonly NetworkdPort[] {
  return host.interfaces
    .filter((port) => !port.control)
    .map((port) => ({
      id: port.id,
      match: matchOf(port),
      link: linkSection(host, port),
      network: networkSections(host, port),
    }))
    .filter((port) => port.link !== undefined || port.network !== undefined);
}

/** The files below `/etc/systemd/network`, by name. */
export function renderNetworkd(host: ResolvedHost): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const port of networkdPorts(host)) {
    if (port.link !== undefined) {
      files.set(
        `${LINK_FILE_PREFIX}-${port.id}.link`,
        renderSections([
          ["Match", port.match],
          ["Link", port.link],
        ]),
      );
    }
    if (port.network !== undefined) {
      files.set(`${FILE_PREFIX}-${port.id}.network`, renderSections([["Match", port.match], ...port.network]));
    }
  }
  for (const device of host.wireguard)
    files.set(`${FILE_PREFIX}-${device.key}.network`, renderSections(unmanaged(device.key)));
  return files;
}

/** networkd must not touch a WireGuard device: its reload drops all peers (systemd issue 38196). */
export function unmanaged(device: string): readonly (readonly [string, UnitSection])[] {
  return [
    ["Match", { Name: device }],
    ["Link", { Unmanaged: true }],
  ];
}

/** What both kinds of files understand for a MAC; a name they call differently, see {@link linkSection}. */
function matchOf(port: NetworkInterface): UnitSection {
  return port.mac === undefined ? { Name: port.name ?? port.id } : { PermanentMACAddress: port.mac.toString() };
}

const LINK_KEYS: Readonly<Record<string, string>> = {
  mtu: "MTUBytes",
  rxRing: "RxBufferSize",
  txRing: "TxBufferSize",
  channels: "CombinedChannels",
  rxPause: "RxFlowControl",
  txPause: "TxFlowControl",
  autoPause: "AutoNegotiationFlowControl",
  lro: "LargeReceiveOffload",
  gro: "GenericReceiveOffload",
  tso: "TCPSegmentationOffload",
  adaptiveRxCoalesce: "UseAdaptiveRxCoalesce",
};

/**
 * A `.link` file is read before the device has its name, so it cannot find a port by name; such ports get their
 * properties from the agent, which sets them at every boot anyway.
 */
function linkSection(host: ResolvedHost, port: NetworkInterface): UnitSection | undefined {
  if (port.mac === undefined) return undefined;
  const section: Record<string, string | number | boolean> = {};
  for (const { value } of host.links) {
    if (value.interface !== port.id) continue;
    const key = LINK_KEYS[value.property];
    if (key !== undefined) section[key] = value.value;
    if (value.property === "rxCoalesceMicros") section["RxCoalesceSec"] = `${value.value}us`;
  }
  if (Object.keys(section).length === 0) return undefined;
  // The first matching .link file is the only one that applies, so ours must repeat what 99-default.link does.
  return {
    NamePolicy: "keep kernel database onboard slot path",
    AlternativeNamesPolicy: "database onboard slot path",
    MACAddressPolicy: "persistent",
    ...section,
  };
}

function networkSections(
  host: ResolvedHost,
  port: NetworkInterface,
): readonly (readonly [string, UnitSection])[] | undefined {
  const addresses = host.addresses.filter((a) => a.value.interface === port.id).map((a) => a.value.settings);
  const routes = routesOf(host)
    .filter((r) => r.value.interface === port.id)
    .map((r) => r.value.settings);
  // A file for an MTU only would take the port from its own one: from its addresses, its bond, its VLANs.
  if (addresses.length === 0 && routes.length === 0) return undefined;
  const mtu = host.links.find((l) => l.key === `${port.id} mtu`)?.value.value;
  // networkd adds routes behind the kernel's, which an IPv4 route has to replace: there the kernel must not make one.
  const replaced = routes.filter((r) => !r.to.includes(":") && isOnLink(host, port.id, r)).map((r) => r.to);
  const isReplaced = (address: string) => replaced.includes(InterfaceAddress.parse(address).network.toString());
  const plain = addresses.filter((address) => !isReplaced(address));
  const sections: [string, UnitSection][] = [
    // A missing experiment network must not keep the machine from coming up.
    ["Link", { ...(mtu === undefined ? {} : { MTUBytes: mtu }), RequiredForOnline: false }],
    ["Network", addresses.length === 0 ? { KeepConfiguration: true } : plain.length === 0 ? {} : { Address: plain }],
    ...addresses
      .filter(isReplaced)
      .map((address): [string, UnitSection] => ["Address", { Address: address, AddPrefixRoute: false }]),
  ];
  for (const route of routes) {
    sections.push([
      "Route",
      {
        ...destination(route),
        ...(route.via === undefined ? {} : { Gateway: route.via }),
        ...(route.mtu === undefined ? {} : { MTUBytes: route.mtu }),
        ...(route.congestion === undefined ? {} : { TCPCongestionControlAlgorithm: route.congestion }),
        ...(route.source === undefined ? {} : { PreferredSource: route.source }),
        ...(route.metric === undefined ? {} : { Metric: route.metric }),
      },
    ]);
  }
  return sections;
}

/** networkd takes a route with a gateway and nothing else for the default route; one without a gateway has to say it. */
function destination(route: RouteSettings): UnitSection {
  if (route.to !== "default") return { Destination: route.to };
  return route.via === undefined ? { Destination: "0.0.0.0/0" } : {};
}
