import type { OptionEntry } from "../../nix-ts-builder";
import { option, options, UNIT_VALUE } from "./entries";

const SERVICE = "systemd.services.*";
const K3S = "services.k3s";

/** systemd units and k3s: options as evaluated from nixpkgs of September 2024; k3s since 25.11 as its release notes say. */
export const SERVICE_OPTIONS: readonly OptionEntry[] = [
  ...["services", "timers", "sockets", "paths", "targets"].flatMap((kind) => unitOptions(`systemd.${kind}.*`)),
  option(`${SERVICE}.path`, "list of (package or string)"),
  ...options(SERVICE, "lines", "script preStart postStart preStop postStop reload"),
  option(`${SERVICE}.scriptArgs`, "string"),
  option(`${SERVICE}.environment`, "attrs of (null or string or path or package)", { remedy: "write numbers as text" }),
  option(`${SERVICE}.serviceConfig.*`, UNIT_VALUE),
  ...options(SERVICE, "bool", "restartIfChanged reloadIfChanged stopIfChanged"),
  option("systemd.timers.*.timerConfig.*", UNIT_VALUE),
  option("systemd.sockets.*.socketConfig.*", UNIT_VALUE),
  option("systemd.paths.*.pathConfig.*", UNIT_VALUE),
  ...options(K3S, "bool", "enable clusterInit disableAgent"),
  option(`${K3S}.role`, '"server" or "agent"'),
  option(`${K3S}.extraFlags`, "string or list of string"),
  ...options(K3S, "string", "serverAddr token"),
  ...options(K3S, "null or path", "tokenFile configPath environmentFile"),
  option(`${K3S}.manifests.*.content`, "attrs or list of attrs"),
  option(`${K3S}.manifests.*.source`, "path"),
  ...options(`${K3S}.manifests.*`, "string", "target"),
  option(`${K3S}.disable`, "string or list of string", {
    since: "25.11",
    remedy: 'services.k3s.extraFlags = [ "--disable=…" ]',
  }),
  option(`${K3S}.autoDeployCharts`, "attrs", { since: "25.11", remedy: "services.k3s.manifests" }),
  ...options(K3S, "null or string", "nodeIP nodeName", { since: "25.11", remedy: "services.k3s.extraFlags" }),
  ...options(K3S, "list of string", "nodeLabel nodeTaint", { since: "25.11", remedy: "services.k3s.extraFlags" }),
];

function unitOptions(unit: string): OptionEntry[] {
  return [
    option(`${unit}.description`, "line"),
    option(`${unit}.enable`, "bool"),
    ...options(
      unit,
      "list of unit",
      "wantedBy requiredBy after before wants requires requisite bindsTo partOf conflicts upheldBy",
    ),
    ...options(unit, "list of unit", "onFailure onSuccess"),
    option(`${unit}.unitConfig.*`, UNIT_VALUE),
  ];
}
