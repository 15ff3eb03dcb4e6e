import type { FileSettings, ResolvedHost, Setting } from "../host";
import type { HostFile } from "./file";
import { type BindNode, nix, type NixValue } from "../nix-ts-builder";
import { option, plain } from "./nixos-bindings";

type File = Setting<FileSettings>;

/** Files below `/etc`, scripts and udev rules as NixOS options. */
export function nixosFiles(host: ResolvedHost): BindNode[] {
  return [
    ...nixosEtcFiles(host).map((file) => option(["environment", "etc", file.key.slice(5)], etc(file.value), file)),
    ...host.scripts.map((script) =>
      option(
        ["environment", "etc", `netloom/scripts/${script.key}`],
        etc({ content: scriptText(script.value.text), mode: "0755" }),
        script,
      ),
    ),
    ...(host.udevRules.length === 0
      ? []
      : [
          plain(
            ["services", "udev", "extraRules"],
            nix.lines(host.udevRules.map((r) => `${r.value}\n`).join("")),
            "udev rules",
          ),
        ]),
  ];
}

/** The files of a host that NixOS puts in place. */
export function nixosEtcFiles(host: ResolvedHost): readonly File[] {
  return nixosOwn(host).filter((file) => file.key.startsWith("/etc/"));
}

/**
 * The files that the agent installs, as on any Linux: NixOS could only link to its store, where everyone can read, nothing
 * has a mode, and nothing can be changed.
 */
export function agentFiles(host: ResolvedHost): readonly (readonly [string, HostFile])[] {
  return nixosOwn(host)
    .filter((file) => !file.key.startsWith("/etc/"))
    .map(({ key, value: { content, mode = "0644", install = "link" } }) => [`root${key}`, { content, mode, install }]);
}

function nixosOwn(host: ResolvedHost): readonly File[] {
  return host.files.filter((file) => file.value.platform !== "linux");
}

/** What a script is written as, on either platform. */
export function scriptText(text: string): string {
  return `#!/bin/sh\n${text.replace(/\n?$/, "\n")}`;
}

/** Without a mode NixOS makes a link to its store; with one, a copy. */
function etc(settings: FileSettings): NixValue {
  const text = nix.lines(settings.content);
  return isCopy(settings) ? { text, mode: settings.mode ?? "0644" } : { text };
}

/** Whether NixOS puts a file below `/etc` in place as a copy, with its mode. */
export function isCopy({ mode = "0644", install }: FileSettings): boolean {
  return install === "copy" || Number.parseInt(mode, 8) !== 0o644;
}
