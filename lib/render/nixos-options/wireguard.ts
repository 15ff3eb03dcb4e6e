import type { OptionEntry } from "../../nix-ts-builder";
import { absent, option, options, sections } from "./entries";

const WG = "networking.wireguard.interfaces.*";
const QUICK = "networking.wg-quick.interfaces.*";
const OF_A_PEER = "give it to the peers behind NAT: peers = [ { persistentKeepalive = 25; … } ]; WireGuardMesh does";

/** WireGuard by scripts and by wg-quick: options as evaluated from nixpkgs of September 2024. */
export const WIREGUARD_OPTIONS: readonly OptionEntry[] = [
  option("networking.wireguard.enable", "bool"),
  option("networking.wireguard.useNetworkd", "bool", {
    since: "25.05",
    remedy: "declare systemd.network.netdevs instead",
  }),
  option(`${WG}.ips`, "list of string"),
  ...options(WG, "null or string", "privateKeyFile privateKey", {
    remedy: "give the path on the host as text: a path literal would copy the key to the world-readable store",
  }),
  ...options(WG, "null or string", "socketNamespace interfaceNamespace"),
  option(`${WG}.fwMark`, "null or string", { remedy: 'write the mark as text: "0xca6c"' }),
  ...options(WG, "null or int", "mtu metric"),
  option(`${WG}.listenPort`, "null or int"),
  option(`${WG}.table`, "string"),
  ...options(WG, "bool", "allowedIPsAsRoutes generatePrivateKeyFile"),
  ...options(WG, "lines", "preSetup postSetup preShutdown postShutdown"),
  option(`${WG}.dynamicEndpointRefreshSeconds`, "int", { since: "25.05", remedy: "set it for each peer" }),
  option(`${WG}.type`, '"wireguard" or "amneziawg"', { since: "25.05" }),
  option(`${WG}.extraOptions`, "attrs of (string or int)", { since: "25.05" }),
  absent(`${WG}.persistentKeepalive`, OF_A_PEER),
  sections(`${WG}.peers`),
  option(`${WG}.peers.*.name`, "string"),
  ...peerOptions(`${WG}.peers.*`),
  option(`${QUICK}.address`, "list of string"),
  option(`${QUICK}.dns`, "list of string"),
  ...options(QUICK, "null or string", "configFile privateKeyFile privateKey table"),
  ...options(QUICK, "null or int", "listenPort mtu"),
  option(`${QUICK}.autostart`, "bool"),
  option(`${QUICK}.type`, '"wireguard" or "amneziawg"', { since: "25.05" }),
  ...options(QUICK, "lines", "preUp postUp preDown postDown"),
  absent(`${QUICK}.persistentKeepalive`, OF_A_PEER),
  ...["fwmark", "fwMark"].map((name) => absent(`${QUICK}.${name}`, "extraOptions.FwMark, since 25.05")),
  sections(`${QUICK}.peers`),
  ...options(`${QUICK}.peers.*`, "null or string", "presharedKeyFile presharedKey endpoint"),
  option(`${QUICK}.peers.*.publicKey`, "line"),
  option(`${QUICK}.peers.*.allowedIPs`, "list of string"),
  option(`${QUICK}.peers.*.persistentKeepalive`, "null or int"),
];

function peerOptions(peer: string): OptionEntry[] {
  return [
    option(`${peer}.publicKey`, "line"),
    ...options(peer, "null or string", "presharedKeyFile presharedKey endpoint"),
    option(`${peer}.allowedIPs`, "list of string"),
    option(`${peer}.persistentKeepalive`, "null or int"),
    option(`${peer}.dynamicEndpointRefreshSeconds`, "int", { until: "24.11" }),
    option(`${peer}.dynamicEndpointRefreshSeconds`, "null or int", { since: "25.05" }),
    option(`${peer}.dynamicEndpointRefreshRestartSeconds`, "null or unsigned"),
  ];
}
