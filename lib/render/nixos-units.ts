import { AGENT_HOME } from "../contract";
import type { ResolvedHost, UnitSection, UnitSettings } from "../host";
import { type BindNode, nix, type NixValue } from "../nix-ts-builder";
import { option, plain } from "./nixos-bindings";

/** `[Unit]` keys for which NixOS has list-valued options of its own. */
const ORDERING: Readonly<Record<string, string>> = {
  After: "after",
  Before: "before",
  BindsTo: "bindsTo",
  PartOf: "partOf",
  Requires: "requires",
  Wants: "wants",
};

/** Programs that the agent calls. */
const AGENT_PATH = [
  "coreutils",
  "ethtool",
  "gawk",
  "gnugrep",
  "gnused",
  "iproute2",
  "iputils",
  "kmod",
  "procps",
  "systemd",
  "util-linux",
  "wireguard-tools",
];

/** Units as NixOS options, and the two that let the agent restore the live state at boot. */
export function nixosUnits(host: ResolvedHost): BindNode[] {
  return [
    ...host.units.map((unit) => {
      const dot = unit.key.lastIndexOf(".");
      return option(["systemd", `${unit.key.slice(dot + 1)}s`, unit.key.slice(0, dot)], unitModule(unit.value), unit);
    }),
    agentUnit("netloom-boot", "boot", ["sysinit.target"], ["local-fs.target"], ["sysinit.target"]),
    agentUnit("netloom", "live", ["multi-user.target"], ["network.target", "netloom-boot.service"], []),
  ];
}

function agentUnit(
  name: string,
  verb: string,
  wantedBy: readonly string[],
  after: readonly string[],
  before: readonly string[],
): BindNode {
  const value: NixValue = {
    description: verb === "boot" ? "Restore the confirmed Netloom generation" : "Apply the Netloom generation live",
    wantedBy: [...wantedBy],
    after: [...after],
    ...(before.length === 0 ? {} : { before: [...before] }),
    path: AGENT_PATH.map((program) => nix.ref("pkgs", program)),
    unitConfig: {
      ConditionPathExists: `${AGENT_HOME}/agent`,
      ...(verb === "boot" ? { DefaultDependencies: false } : {}),
    },
    serviceConfig: { Type: "oneshot", RemainAfterExit: true, ExecStart: `/bin/sh ${AGENT_HOME}/agent ${verb}` },
  };
  return plain(
    ["systemd", "services", name],
    value,
    "NixOS has no options for tunnels, queues and rings that change without a restart; the agent sets them",
  );
}

function unitModule(unit: UnitSettings): NixValue {
  const { Description, ...rest } = (unit.unit ?? {}) as UnitSection;
  const ordering: Record<string, NixValue> = {};
  const other: Record<string, NixValue> = {};
  for (const [key, value] of Object.entries(rest)) {
    const name = ORDERING[key];
    if (name === undefined) other[key] = value as NixValue;
    else ordering[name] = typeof value === "string" ? value.split(/\s+/) : (value as NixValue);
  }
  return {
    ...(Description === undefined ? {} : { description: String(Description) }),
    wantedBy: [...(unit.wantedBy ?? ["multi-user.target"])],
    ...ordering,
    ...(unit.path === undefined ? {} : { path: unit.path.map((program) => nix.ref("pkgs", ...program.split("."))) }),
    ...(Object.keys(other).length === 0 ? {} : { unitConfig: other }),
    ...(unit.service === undefined ? {} : { serviceConfig: { ...unit.service } as NixValue }),
    ...(unit.timer === undefined ? {} : { timerConfig: { ...unit.timer } as NixValue }),
  };
}
