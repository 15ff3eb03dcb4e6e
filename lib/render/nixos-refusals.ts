import { defineProblem, failAll, type Problem } from "../errors";
import { optionSet, type Provenance, type ResolvedHost, type UnitSettings } from "../host";
import { nixosEtcFiles } from "./nixos-files";
import { absentPackage, ownedByNixos } from "./nixos-options";

const NIXOS_FILE = defineProblem("NL-NIXOS-FILE", "Files of NixOS hosts lie below /etc, where NixOS can keep them");
const NIXOS_PACKAGE = defineProblem("NL-NIXOS-PACKAGE", "A package has a name in nixpkgs");
const NIXOS_UNIT = defineProblem("NL-NIXOS-UNIT", "A unit can be written as options of NixOS");

/** Refuses what NixOS would refuse on the host, or would do less with than other systems do. */
export function assertNixosCan(host: ResolvedHost): void {
  failAll([...files(host), ...units(host), ...programs(host), ...packages(host)]);
}

function* files(host: ResolvedHost): Generator<Problem> {
  for (const { key, origin, value } of nixosEtcFiles(host)) {
    const instead = ownedByNixos(key);
    if (instead !== undefined) {
      yield {
        code: NIXOS_FILE.id,
        path: origin,
        what: "NixOS writes this file itself, and does not evaluate or build with a second one",
        value: key,
        allowed: "files that NixOS leaves to others",
        remedy: `${instead}, and platform: "linux" for the file`,
      };
    } else if ((Number.parseInt(value.mode ?? "0644", 8) & 0o4) === 0) {
      const name = key.slice(key.lastIndexOf("/") + 1);
      yield {
        code: NIXOS_FILE.id,
        path: origin,
        what: `${key} shall not be readable for everyone, but NixOS keeps the text of files below /etc in its store, which is`,
        value: value.mode,
        allowed: "below /etc: modes that let everyone read; elsewhere any mode",
        remedy: `a path outside /etc, e.g. "/var/lib/${name.replace(/\..*/, "") || "app"}/${name}"`,
      };
    }
  }
}

/** NixOS has lists of mounts; a set by name, as for services, is no value of theirs. */
function* units(host: ResolvedHost): Generator<Problem> {
  for (const { key, origin } of host.units) {
    const kind = key.slice(key.lastIndexOf(".") + 1);
    if (kind !== "mount" && kind !== "automount") continue;
    const where = `/${key.slice(0, -kind.length - 1).replaceAll("-", "/")}`;
    yield {
      code: NIXOS_UNIT.id,
      path: origin,
      what: `NixOS takes .${kind} units as a list with options of their own`,
      value: key,
      allowed: ".service .timer .target .path .socket",
      remedy: `host.nixos("systemd.${kind}s", [{ ${kind === "mount" ? 'what: "/dev/…", ' : ""}where: "${where}", wantedBy: ["multi-user.target"] }], { because: "…" })`,
    };
  }
}

const PREFIX = /^[-@:+!|]*/;
const FOREIGN_PROGRAM = /^(?:\/usr(?:\/local)?)?\/s?bin\/([^\s/]+)(.*)$/s;
/** The two programs that NixOS has where other systems have them. */
const EVERYWHERE: readonly string[] = ["/bin/sh", "/usr/bin/env"];

/** What NixOS has on the path of every unit: coreutils, findutils, grep, sed, systemd (nixpkgs nixos/lib/systemd-lib.nix). */
const ON_EVERY_PATH =
  /^(true|false|cat|cp|mv|rm|rmdir|ln|ls|mkdir|chmod|chown|touch|echo|env|sleep|test|tee|date|install|sync|find|xargs|e?grep|sed|systemctl|udevadm)$/;

function* programs(host: ResolvedHost): Generator<Problem> {
  const own = new Set(host.files.map(({ key }) => key));
  for (const { key, origin, value } of host.units) {
    for (const [name, line] of execLines(value)) {
      const command = line.replace(PREFIX, "");
      const [, program, rest] = FOREIGN_PROGRAM.exec(command) ?? [];
      const file = command.split(/\s/, 1)[0]!;
      if (program === undefined || EVERYWHERE.includes(file) || own.has(file)) continue;
      yield {
        code: NIXOS_UNIT.id,
        path: origin,
        what: `${name}= of ${key} calls ${file}, which NixOS does not have: programs lie in its store`,
        value: line,
        allowed: "/bin/sh, /usr/bin/env, files of the stack, and by name what the unit's path brings",
        remedy: /'/.test(rest!)
          ? `the command in a script (settings.script), without the directory, and path: ["${program}"]`
          : `${ON_EVERY_PATH.test(program) ? "" : `path: ["${program}"] (the package's name), and `}${name}: "/bin/sh -c 'exec ${program}${rest}'"`,
      };
    }
  }
}

function execLines(unit: UnitSettings): (readonly [string, string])[] {
  return Object.entries(unit.service ?? {})
    .filter(([key]) => key.startsWith("Exec"))
    .flatMap(([key, value]) => (Array.isArray(value) ? value : [value]).map((line) => [key, String(line)] as const));
}

function* packages(host: ResolvedHost): Generator<Problem> {
  // An overlay may bring it.
  if (optionSet(host, "nixpkgs", "overlays") !== undefined) return;
  const named: (readonly [string, Provenance])[] = [
    ...host.packages.flatMap((p) => (p.value.nix === undefined ? [] : [[p.value.nix, p] as const])),
    ...[...host.units, ...host.scripts].flatMap((s) => (s.value.path ?? []).map((name) => [name, s] as const)),
  ];
  const seen = new Set<string>();
  for (const [name, { origin }] of named) {
    const absent = absentPackage(name);
    if (absent === undefined || seen.has(name)) continue;
    seen.add(name);
    yield {
      code: NIXOS_PACKAGE.id,
      path: origin,
      what: `nixpkgs has no package of this name (${absent.source})`,
      value: `pkgs.${name}`,
      allowed: "packages of nixpkgs, or an overlay in the stack",
      remedy: `${absent.remedy}, or host.nixos("nixpkgs.overlays", […], { because: "it brings ${name}" })`,
    };
  }
}
