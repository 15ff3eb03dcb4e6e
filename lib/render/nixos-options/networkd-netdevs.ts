import type { OptionEntry } from "../../nix-ts-builder";
import { option, options, section, sections, SWITCH, UNIT_VALUE } from "./entries";

const NETDEV = "systemd.network.netdevs.*";
const CONFIG = `${NETDEV}.netdevConfig`;
const WIREGUARD = `${NETDEV}.wireguardConfig`;
const PEERS = `${NETDEV}.wireguardPeers`;
const BOND = `${NETDEV}.bondConfig`;
const SECRET = {
  remedy: "name a file on the host: what stands in options is readable by everybody in the store",
} as const;

/** `.netdev` files: keys of nixpkgs of September 2024; keys since 26.05 as of early 2026. */
export const NETDEV_OPTIONS: readonly OptionEntry[] = [
  option(`${NETDEV}.enable`, "bool"),
  option(`${NETDEV}.extraConfig`, "lines"),
  section(CONFIG),
  ...options(CONFIG, "string", "Description Name Kind MACAddress"),
  option(`${CONFIG}.MTUBytes`, "bytes", { remedy: 'write the size as text: "9000"' }),
  section(`${NETDEV}.vlanConfig`),
  option(`${NETDEV}.vlanConfig.Id`, "int between 0 4094"),
  ...options(`${NETDEV}.vlanConfig`, SWITCH, "GVRP MVRP LooseBinding ReorderHeader"),
  ...options(`${NETDEV}.vlanConfig`, UNIT_VALUE, "Protocol"),
  ...options(`${NETDEV}.vlanConfig`, UNIT_VALUE, "EgressQOSMaps IngressQOSMaps", { since: "26.05" }),
  section(WIREGUARD),
  option(`${WIREGUARD}.PrivateKeyFile`, "path", SECRET),
  option(`${WIREGUARD}.ListenPort`, 'port or "auto"'),
  option(`${WIREGUARD}.FirewallMark`, "int between 1 4294967295", {
    remedy: "give the mark as a number, not as hexadecimal text",
  }),
  option(`${WIREGUARD}.RouteTable`, "int or string"),
  option(`${WIREGUARD}.RouteMetric`, "int between 0 4294967295"),
  sections(PEERS),
  option(`${PEERS}.*.PublicKey`, "line"),
  option(`${PEERS}.*.PresharedKeyFile`, "path", SECRET),
  option(`${PEERS}.*.AllowedIPs`, "string or list of string"),
  option(`${PEERS}.*.Endpoint`, "string"),
  option(`${PEERS}.*.PersistentKeepalive`, "int between 0 65535", {
    remedy: "0 turns it off; leave it out to say nothing",
  }),
  option(`${PEERS}.*.RouteTable`, "int or string"),
  option(`${PEERS}.*.RouteMetric`, "int between 0 4294967295"),
  section(BOND),
  option(
    `${BOND}.Mode`,
    '"balance-rr" or "active-backup" or "balance-xor" or "broadcast" or "802.3ad" or "balance-tlb" or "balance-alb"',
  ),
  option(`${BOND}.TransmitHashPolicy`, '"layer2" or "layer3+4" or "layer2+3" or "encap2+3" or "encap3+4"'),
  option(`${BOND}.LACPTransmitRate`, '"slow" or "fast"'),
  ...options(
    BOND,
    UNIT_VALUE,
    "MIIMonitorSec UpDelaySec DownDelaySec LearnPacketIntervalSec ARPIntervalSec ARPIPTargets",
  ),
  option(`${BOND}.AdSelect`, '"stable" or "bandwidth" or "count"'),
  option(`${BOND}.AdActorSystemPriority`, "int between 1 65535"),
  option(`${BOND}.AdUserPortKey`, "int between 0 1023"),
  ...options(BOND, "string", "AdActorSystem FailOverMACPolicy ARPValidate ARPAllTargets PrimaryReselectPolicy"),
  ...options(BOND, "int between 0 255", "ResendIGMP GratuitousARP"),
  option(`${BOND}.PacketsPerSlave`, "int between 0 65535"),
  option(`${BOND}.MinLinks`, "unsigned"),
  ...options(BOND, SWITCH, "AllSlavesActive DynamicTransmitLoadBalancing"),
  option(`${BOND}.PeerNotifyDelaySec`, "int between 0 300", { since: "26.05" }),
  option(`${BOND}.ARPMissedMax`, "unsigned", { since: "26.05" }),
  ...options(NETDEV, "attrs", "bridgeConfig vrfConfig vxlanConfig macvlanConfig tunnelConfig peerConfig"),
];
