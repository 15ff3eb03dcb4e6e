import type { ResolvedHost } from "../host";
import { type BindNode, nix, type NixValue } from "../nix-ts-builder";
import { listOption, option, plain } from "./nixos-bindings";

/** Files, scripts and udev rules as NixOS options. */
export function nixosFiles(host: ResolvedHost): BindNode[] {
  const files = host.files.filter((file) => file.value.platform !== "linux");
  const inEtc = files.filter((file) => file.key.startsWith("/etc/"));
  const elsewhere = files.filter((file) => !file.key.startsWith("/etc/"));
  return [
    ...inEtc.map((file) =>
      option(["environment", "etc", file.key.slice(5)], etc(file.value.content, file.value.mode), file),
    ),
    ...host.scripts.map((script) =>
      option(
        ["environment", "etc", `netloom/scripts/${script.key}`],
        etc(`#!/bin/sh\n${script.value.text.replace(/\n?$/, "\n")}`, "0755"),
        script,
      ),
    ),
    ...listOption(
      ["systemd", "tmpfiles", "rules"],
      elsewhere.map((file) => {
        const name = file.key.slice(file.key.lastIndexOf("/") + 1);
        const text = nix.call("pkgs.writeText", name, nix.lines(file.value.content));
        return [nix.str`L+ ${file.key} - - - - ${text}`, file] as const;
      }),
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

function etc(content: string, mode: string | undefined): NixValue {
  const text = nix.lines(content);
  return mode === undefined || mode === "0644" ? { text } : { text, mode };
}
