import { optionLeaves, type ResolvedHost, type Setting } from "../host";
import { isNode } from "../nix-ts-builder";
import type { FleetModel, Rule, Violation } from "./engine";
import { textOf } from "./text-of";

const COMMAND_LINE = /^(sysctl[./][^=\n]*|(?:net[./](?:core|ipv[46]|netfilter)|vm|kernel|fs)[./][^=\n]*)=(.*)$/m;
const SYSCTL_FILE = /^\/(etc|run|usr\/lib|usr\/local\/lib)\/sysctl(\.d\/[^/]*)?\.conf$/;
const ASSIGNMENT = /^[ \t]*-?([a-z][\w./*-]*)[ \t]*=[ \t]*(.*?)[ \t]*$/m;

/** Rules about settings that go past Netloom, where no other rule, check or way back sees them. */
export const BYPASS_RULES: readonly Rule[] = [
  {
    id: "NL-036",
    severity: "error",
    title: "Sysctls are set as sysctls",
    why: "in files, NixOS options and on the kernel command line no rule, conflict, check or way back sees them; on the command line they even wait for a reboot",
    source: "Linux Documentation/admin-guide/kernel-parameters.txt, sysctl.*; sysctl.d(5)",
    *check({ hosts }): Generator<Violation> {
      for (const host of hosts) {
        yield* sysctlFiles(host);
        yield* sysctlOptions(host);
      }
    },
  },
  {
    id: "NL-001-NIXOS",
    severity: "error",
    title: "No NixOS option changes the link of the control port",
    why: "one wrong value there and the machine is out of reach, and a NixOS generation is not taken back by itself when nobody can log in",
    check: (fleet) => portOptions(fleet, true),
  },
  {
    id: "NL-067",
    severity: "warning",
    title: "Ports are set up in one place",
    why: "`networking.interfaces` finds a port by its kernel name and makes units of its own for it, beside the networkd files that Netloom writes; nothing proves the value after the deploy",
    source: "nixpkgs nixos/modules/tasks/network-interfaces.nix",
    check: (fleet) => portOptions(fleet, false),
  },
];

function* sysctlFiles(host: ResolvedHost): Generator<Violation> {
  for (const file of host.files) {
    if (!SYSCTL_FILE.test(file.key)) continue;
    const found = ASSIGNMENT.exec(file.value.content);
    yield bypass(host, file.origin, `the file ${file.key} sets kernel parameters`, found?.[1], found?.[2]);
  }
}

function* sysctlOptions(host: ResolvedHost): Generator<Violation> {
  for (const { option, path, value } of optionLeaves(host)) {
    const at = path.join(".");
    if (at === "boot.kernelParams" || at.startsWith("boot.kernelParams.")) {
      const name = path.slice(2).join(".");
      const found = COMMAND_LINE.exec(name === "" ? textOf(value) : `${name}=${textOf(value)}`);
      if (found === null) continue;
      const key = found[1]!.replace(/^sysctl[./]/, "");
      yield bypass(host, option.origin, "a sysctl on the kernel command line", key, found[2], found[0]);
    } else if (path.slice(0, 3).join(".") === "boot.kernel.sysctl") {
      const to = isNode(value) ? undefined : textOf(value);
      yield bypass(host, option.origin, "a sysctl as a NixOS option", path[3], to);
    }
  }
}

function bypass(
  host: ResolvedHost,
  path: string,
  what: string,
  key = "…",
  to = "…",
  value = `${key}=${to}`,
): Violation {
  const literal = /^-?\d+$/.test(to) ? to : JSON.stringify(to);
  return {
    path,
    others: [host.path],
    what,
    value,
    allowed: "host.sysctl, or settings.sysctl in a feature",
    remedy: `host.sysctl(${JSON.stringify(key)}, ${literal}, { because: "…" })`,
  };
}

/** What changes the link itself; how the control port gets its address is the business of the machine's own configuration. */
const LINK_OPTIONS: readonly string[] = ["mtu", "macAddress", "virtual", "linkConfig"];

function* portOptions({ hosts }: FleetModel, control: boolean): Generator<Violation> {
  for (const host of hosts) {
    const seen = new Set<string>();
    for (const { option, name, property, value, isScripted } of portSettings(host)) {
      const port = host.interfaces.find((candidate) => candidate.name === name || candidate.mac?.toString() === name);
      if ((port?.control ?? false) !== control || seen.has(`${option.key} ${name}`)) continue;
      if (control && !LINK_OPTIONS.includes(property)) continue;
      if (!control && !isScripted) continue;
      seen.add(`${option.key} ${name}`);
      const known = host.interfaces.filter((candidate) => !candidate.control).map(({ id }) => id);
      yield {
        path: option.origin,
        others: [host.path],
        what: control
          ? `the NixOS option ${option.key} sets ${property} on the control port ${port!.id} of ${host.name}`
          : `the NixOS option ${option.key} sets up port ${name} past Netloom`,
        value,
        allowed: control ? "the ports of experiments" : `host.link, and addresses, of ${known.join(", ") || "a port"}`,
        remedy: control
          ? "leave it out"
          : `host.link("${port?.id ?? known[0] ?? "exp0"}", { mtu: 9000 }, { because: "…" }), or a JumboFabric; addresses belong to the interface`,
      };
    }
  }
}

interface PortSetting {
  readonly option: Setting<unknown>;
  /** Kernel name or MAC address. */
  readonly name: string;
  readonly property: string;
  readonly value: unknown;
  /** Said in `networking.interfaces`, not to networkd. */
  readonly isScripted: boolean;
}

/** Everything that NixOS options say about ports: by name in `networking.interfaces`, by a match in networkd's files. */
function* portSettings(host: ResolvedHost): Generator<PortSetting> {
  const matches = new Map<string, string[]>();
  const all = optionLeaves(host);
  for (const { path, value } of all) {
    if (!isNetworkd(path) || path[4] !== "matchConfig" || typeof value !== "string") continue;
    if (!/^(Name|OriginalName|MACAddress|PermanentMACAddress)$/.test(path[5] ?? "")) continue;
    const key = path.slice(0, 4).join("/");
    matches.set(key, [...(matches.get(key) ?? []), ...value.split(/\s+/)]);
  }
  for (const { option, path, value } of all) {
    if (path[0] === "networking" && path[1] === "interfaces" && path.length > 3) {
      yield { option, name: path[2]!, property: path[3]!, value, isScripted: true };
    } else if (isNetworkd(path) && path[4] === "linkConfig") {
      for (const name of matches.get(path.slice(0, 4).join("/")) ?? []) {
        yield {
          option,
          name: name.includes(":") ? name.toLowerCase() : name,
          property: "linkConfig",
          value,
          isScripted: false,
        };
      }
    }
  }
}

function isNetworkd(path: readonly string[]): boolean {
  return path[0] === "systemd" && path[1] === "network" && (path[2] === "links" || path[2] === "networks");
}
