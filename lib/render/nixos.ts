import { at, defineProblem } from "../errors";
import { type NixosRelease, optionPath, optionSet, type ResolvedHost } from "../host";
import { type BindNode, lib, nix, type NixValue, NixError, print } from "../nix-ts-builder";
import { listOption, option, plain } from "./nixos-bindings";
import { nixosFirewall } from "./nixos-firewall";
import { dhcpcdWarning, nixosManagers } from "./nixos-managers";
import { assertNixosCan } from "./nixos-refusals";
import { nixosSysctls, sysctlWarnings } from "./nixos-sysctl";
import { nixosUnits } from "./nixos-units";
import { renderModprobe } from "./modules";
import { FILE_PREFIX, LINK_FILE_PREFIX, networkdPorts, unmanaged } from "./networkd";
import { nixosFiles } from "./nixos-files";
import { assertNixosOptions, extraConfig, splitSection } from "./nixos-options";

const NIXOS_RENDERING = defineProblem("NL-NIXOS", "What a host needs can be written as a NixOS module");

/** The agent reads the release in it. */
const header = (release: NixosRelease) =>
  `A module for NixOS ${release}, written by Netloom. Do not edit: the next synthesis replaces it.`;

/** `host.nix`: the host as a NixOS module for the given release. What cannot be said in options is the agent's. */
export function renderNixos(host: ResolvedHost, release: NixosRelease): string {
  assertNixosCan(host);
  const bindings: BindNode[] = [
    // Images of clouds say "" with mkDefault.
    plain(["networking", "hostName"], lib.mkOverride(900, host.name), "the host's name in the stack"),
    ...kernel(host),
    ...networkd(host, release),
    ...[...nixosManagers(host), ...warnings(host)].filter(
      ({ path }) => optionSet(host, ...path.map(String)) === undefined,
    ),
    ...nixosFirewall(host),
    ...nixosFiles(host),
    ...nixosUnits(host),
    ...listOption(
      ["environment", "systemPackages"],
      host.packages.flatMap((p) =>
        p.value.nix === undefined ? [] : [[nix.ref("pkgs", ...p.value.nix.split(".")), p] as const],
      ),
    ),
    ...listOption(
      ["security", "pam", "loginLimits"],
      host.limits.map((limit) => [{ ...limit.value }, limit] as const),
    ),
    ...host.nixos.map((o) => option(optionPath(o.origin, o.key), o.value.value, o)),
  ];
  return at(host.path, () => printed(bindings, host, release));
}

function printed(bindings: readonly BindNode[], host: ResolvedHost, release: NixosRelease): string {
  try {
    const config = nix.nested(bindings);
    assertNixosOptions(config, release, host.path);
    // Imported from the flake and deployed, the module counts once: modules with the same key are one.
    return print(nix.module({ key: `netloom/${host.path}`, config }), { header: header(release) });
  } catch (error) {
    if (!(error instanceof NixError)) throw error;
    throw NIXOS_RENDERING({ path: host.path, what: error.message, remedy: "see docs/nix-ts-builder.md" });
  }
}

function kernel(host: ResolvedHost): BindNode[] {
  const modprobe = renderModprobe(host);
  return [
    ...nixosSysctls(host),
    ...listOption(
      ["boot", "kernelModules"],
      host.modules.map((m) => [m.key, m] as const),
    ),
    ...(modprobe === ""
      ? []
      : [plain(["boot", "extraModprobeConfig"], nix.lines(modprobe), "parameters of kernel modules")]),
  ];
}

/** Built on the host, where `stage` passes them on. */
function warnings(host: ResolvedHost): BindNode[] {
  const all = [sysctlWarnings(host), dhcpcdWarning(host)].filter((list) => list !== undefined);
  if (all.length === 0) return [];
  const [first, second] = all;
  return [
    plain(["warnings"], second === undefined ? first! : nix.op("++", first!, second), "told while the system is built"),
  ];
}

function networkd(host: ResolvedHost, release: NixosRelease): BindNode[] {
  const ports = networkdPorts(host);
  if (ports.length === 0 && host.wireguard.length === 0) return [];
  const network = ["systemd", "network"];
  return [
    plain(
      [...network, "enable"],
      true,
      "networkd runs beside whatever configures the control interface; it only touches the ports below",
    ),
    ...ports.flatMap((port) => [
      ...(port.link === undefined
        ? []
        : [
            nix.bind([...network, "links", `${LINK_FILE_PREFIX}-${port.id}`], {
              matchConfig: section(port.match),
              ...linkConfig(port.link, release),
            }),
          ]),
      ...(port.network === undefined
        ? []
        : [
            nix.bind(
              [...network, "networks", `${FILE_PREFIX}-${port.id}`],
              networkModule(port.match, port.network, release),
            ),
          ]),
    ]),
    ...host.wireguard.map((device) =>
      nix.bind(
        [...network, "networks", `${FILE_PREFIX}-${device.key}`],
        { matchConfig: { Name: device.key }, linkConfig: section(unmanaged(device.key)[1]![1]) },
        { comment: "networkd's reload would drop the tunnels' peers" },
      ),
    ),
  ];
}

type Section = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** networkd's byte sizes are texts in NixOS, everything else keeps its type. */
const LINK_STRINGS: readonly string[] = ["MTUBytes"];

function section(from: Section, strings: readonly string[] = LINK_STRINGS): Readonly<Record<string, NixValue>> {
  return Object.fromEntries(
    Object.entries(from).map(([key, value]) => [key, strings.includes(key) ? String(value) : (value as NixValue)]),
  );
}

/** `[Link]` of a `.link` file; keys that this release refuses, such as a ring of "max", go in as text. */
function linkConfig(link: Section, release: NixosRelease): Readonly<Record<string, NixValue>> {
  const path = ["systemd", "network", "links", "*", "linkConfig"];
  const { fits, rest } = splitSection(path, section(link), link, release);
  return { linkConfig: fits, ...extraConfig([["Link", rest]]) };
}

function networkModule(
  match: Section,
  sections: readonly (readonly [string, Section])[],
  release: NixosRelease,
): NixValue {
  const named = (name: string) => sections.filter(([n]) => n === name).map(([, s]) => s);
  const { Address, ...rest } = named("Network")[0] ?? ({} as Section);
  const link = named("Link")[0];
  const routes = named("Route").map((route) => {
    const path = ["systemd", "network", "networks", "*", "routes", "*"];
    return { route, isWhole: Object.keys(splitSection(path, section(route), route, release).rest).length === 0 };
  });
  const whole = routes.filter((one) => one.isWhole).map(({ route }) => section(route));
  return {
    matchConfig: section(match),
    linkConfig: link === undefined ? undefined : section(link),
    ...(Address === undefined ? {} : { address: Address as NixValue }),
    ...(Object.keys(rest).length === 0 ? {} : { networkConfig: section(rest) }),
    ...(whole.length === 0 ? {} : { routes: whole }),
    ...extraConfig([
      ...named("Address").map((address): [string, Section] => ["Address", address]),
      ...routes.filter((one) => !one.isWhole).map(({ route }): [string, Section] => ["Route", route]),
    ]),
  };
}
