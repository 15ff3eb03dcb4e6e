import type { NetworkInterface, ResolvedHost } from "../host";
import { type BindNode, lib, nix, type NixValue } from "../nix-ts-builder";
import { plain } from "./nixos-bindings";
import { FILE_PREFIX, networkdPorts } from "./networkd";

const WAIT_ONLINE = ["systemd", "network", "wait-online", "enable"];
const NETWORKING = nix.ref("config", "networking");

/** Tells whatever else configures interfaces on this machine to leave the ports and tunnels of the stack alone. */
export function nixosManagers(host: ResolvedHost): BindNode[] {
  const ports = managedPorts(host);
  const tunnels = host.wireguard.map(({ key }) => key);
  if (ports.length === 0 && tunnels.length === 0) return [];
  const names = deniedNames(host);
  const unmanaged = [
    ...ports.map(({ mac, name, id }) => (mac === undefined ? `interface-name:${name ?? id}` : `mac:${mac}`)),
    ...tunnels.map((name) => `interface-name:${name}`),
  ];
  const because = "the ports and tunnels below are Netloom's";
  return [
    ...(names.length === 0 ? [] : [plain(["networking", "dhcpcd", "denyInterfaces"], names, because)]),
    plain(["networking", "networkmanager", "unmanaged"], unmanaged, because),
    waitOnline(),
  ];
}

function deniedNames(host: ResolvedHost): readonly string[] {
  return [...managedPorts(host).flatMap(({ name }) => name ?? []), ...host.wireguard.map(({ key }) => key)];
}

/** Ports whose addresses or routes are set; one that only gets an MTU stays with whoever looks after it. */
function managedPorts(host: ResolvedHost): readonly NetworkInterface[] {
  const ids = new Set(networkdPorts(host).flatMap(({ id, network }) => (network === undefined ? [] : [id])));
  return host.interfaces.filter(({ id }) => ids.has(id));
}

/**
 * Where networkd looks after nothing but our ports it has nothing to wait for, and would wait until it fails. Weaker than
 * `mkDefault`, stronger than the option's own default.
 */
function waitOnline(): BindNode {
  const isForeign = nix.fn("name", nix.not(nix.call("lib.hasPrefix", `${FILE_PREFIX}-`, nix.id("name"))));
  const networks = nix.call("builtins.attrNames", nix.ref("config", "systemd", "network", "networks"));
  const onlyOurs = nix.op(
    "&&",
    nix.not(nix.get(NETWORKING, "useNetworkd")),
    nix.not(nix.call("lib.any", isForeign, networks)),
  );
  return nix.bind(WAIT_ONLINE, lib.mkIf(onlyOurs, lib.mkOverride(1200, false)), {
    comment: "where networkd has no other ports, another network decides whether the machine is online",
  });
}

/** dhcpcd knows ports by kernel name only. */
export function dhcpcdWarning(host: ResolvedHost): NixValue | undefined {
  const nameless = managedPorts(host).filter(({ name, mac }) => name === undefined && mac !== undefined);
  if (nameless.length === 0) return undefined;
  // NixOS itself excludes patterns; a name is what the owner added.
  const isName = nix.fn("name", nix.not(nix.call("lib.hasSuffix", "*", nix.id("name"))));
  const denied = nix.call("lib.filter", isName, nix.get(NETWORKING, "dhcpcd", "denyInterfaces"));
  const isAsking = nix.op(
    "&&",
    nix.get(NETWORKING, "dhcpcd", "enable"),
    nix.get(NETWORKING, "useDHCP"),
    nix.not(nix.get(NETWORKING, "useNetworkd")),
    nix.op("==", nix.call("lib.subtractLists", deniedNames(host), denied), []),
  );
  const ports = nameless.map(({ id, mac }) => `${id} (${mac})`).join(", ");
  const warning = `dhcpcd also configures ${ports} of ${host.path}, which netloom knows by MAC address only: add the kernel names of these ports to networking.dhcpcd.denyInterfaces, or set networking.useDHCP = false and useDHCP = true for the control port`;
  return lib.optional(isAsking, warning);
}
