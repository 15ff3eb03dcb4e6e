import type { OptionEntry } from "../../nix-ts-builder";
import { option, options, section, sections, SWITCH, UNIT_VALUE } from "./entries";

const NETWORK = "systemd.network.networks.*";
const LINK = `${NETWORK}.linkConfig`;
const CONFIG = `${NETWORK}.networkConfig`;
const ROUTE = `${NETWORK}.routes.*`;
const NEW_ROUTE_KEY = {
  since: "26.05",
  remedy: "systemd.network.networks.*.extraConfig takes any line, or a oneshot service that runs ip route",
} as const;

/** `.network` files. Keys of 24.11: nixpkgs of September 2024; keys since 26.05: nixpkgs of early 2026. */
export const NETWORK_OPTIONS: readonly OptionEntry[] = [
  ...options("systemd.network", "bool", "enable wait-online.enable wait-online.anyInterface"),
  option("systemd.network.wait-online.ignoredInterfaces", "list of string"),
  option("systemd.network.wait-online.timeout", "unsigned"),
  option(`${NETWORK}.enable`, "bool"),
  option(`${NETWORK}.extraConfig`, "lines"),
  option(`${NETWORK}.matchConfig.*`, UNIT_VALUE),
  ...options(NETWORK, "null or string", "name DHCP"),
  option(`${NETWORK}.domains`, "null or list of string"),
  ...options(
    NETWORK,
    "list of string",
    "address gateway dns ntp bridge bond vrf vlan ipvlan ipvtap macvlan macvtap vxlan tunnel xfrm",
  ),
  section(LINK),
  option(`${LINK}.MACAddress`, UNIT_VALUE),
  option(`${LINK}.MTUBytes`, "bytes", { remedy: 'write the size as text: "9000"' }),
  ...options(LINK, SWITCH, "ARP Multicast AllMulticast Promiscuous Unmanaged"),
  option(`${LINK}.Group`, "int between 0 2147483647"),
  option(`${LINK}.RequiredForOnline`, "bool or string"),
  option(`${LINK}.RequiredFamilyForOnline`, '"ipv4" or "ipv6" or "both" or "any"'),
  option(`${LINK}.ActivationPolicy`, '"up" or "always-up" or "manual" or "always-down" or "down" or "bound"'),
  option(`${CONFIG}.IPForward`, "null", { remedy: "IPv4Forwarding and IPv6Forwarding" }),
  option(`${CONFIG}.DHCP`, `${SWITCH} or "ipv4" or "ipv6"`),
  option(`${CONFIG}.LinkLocalAddressing`, `${SWITCH} or string`),
  option(`${CONFIG}.KeepConfiguration`, `${SWITCH} or "static" or "dhcp" or "dhcp-on-stop"`, { until: "25.05" }),
  option(`${CONFIG}.KeepConfiguration`, `${SWITCH} or string`, { since: "25.11" }),
  option(`${CONFIG}.IPMasquerade`, `${SWITCH} or "ipv4" or "ipv6" or "both"`),
  option(`${CONFIG}.IPv6MTUBytes`, "bytes"),
  ...options(
    CONFIG,
    SWITCH,
    "IPv4Forwarding IPv6Forwarding IPv6AcceptRA ConfigureWithoutCarrier DHCPServer DNSDefaultRoute",
  ),
  option(`${CONFIG}.*`, UNIT_VALUE),
  sections(`${NETWORK}.routes`),
  ...options(ROUTE, UNIT_VALUE, "Gateway Destination Source PreferredSource Table Protocol MultiPathRoute"),
  ...options(ROUTE, UNIT_VALUE, "InitialCongestionWindow InitialAdvertisedReceiveWindow"),
  ...options(ROUTE, SWITCH, "GatewayOnLink QuickAck FastOpenNoCookie"),
  option(`${ROUTE}.Metric`, "int"),
  option(`${ROUTE}.MTUBytes`, "bytes", { remedy: 'write the size as text: "8900"' }),
  option(`${ROUTE}.IPv6Preference`, '"low" or "medium" or "high"'),
  option(`${ROUTE}.Scope`, '"global" or "site" or "link" or "host" or "nowhere"'),
  option(`${ROUTE}.Type`, "string"),
  ...options(ROUTE, UNIT_VALUE, "TTLPropagate IPServiceType", { until: "25.11" }),
  ...options(
    ROUTE,
    UNIT_VALUE,
    "HopLimit TCPCongestionControlAlgorithm TCPAdvertisedMaximumSegmentSize TCPRetransmissionTimeoutSec NextHop",
    NEW_ROUTE_KEY,
  ),
  ...options(
    NETWORK,
    "attrs",
    "fairQueueingConfig fairQueueingControlledDelayConfig cakeConfig controlledDelayConfig tokenBucketFilterConfig " +
      "networkEmulatorConfig enhancedTransmissionSelectionConfig hierarchyTokenBucketConfig pfifoConfig pfifoFastConfig",
  ),
];
