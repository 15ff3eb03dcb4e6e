import { optionLeaves, type ResolvedHost, type Setting } from "../host";
import type { Rule, Violation } from "./engine";
import { textOf } from "./text-of";

const PEM = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/;
/** A key of WireGuard in a configuration file or a command line: 32 bytes of base64 behind its name. */
const WIREGUARD =
  /\b(PrivateKey|PresharedKey|private[-_ ]?key|pre-?shared[-_ ]?key)["']?\s*[=: ]\s*["']?[A-Za-z0-9+/]{43}=/i;
/** NixOS options that put the key itself, not a file's name, into the world-readable store. */
const NIX_OPTION = /^(privateKey|presharedKey|PrivateKey|PresharedKey)$/;

/** Rules about what must not stand in generated files. */
export const SECRET_RULES: readonly Rule[] = [
  {
    id: "NL-009",
    severity: "error",
    title: "No private key in a generated file",
    why: "generated files lie in the project, in the Terraform directory and, on NixOS, in a store that everybody on the machine may read",
    source: "wg(8); NixOS manual, networking.wireguard.interfaces.<name>.privateKey",
    *check({ hosts }) {
      for (const host of hosts) yield* secrets(host);
    },
  },
];

function* secrets(host: ResolvedHost): Generator<Violation> {
  const named = new Set<unknown>();
  for (const { option, path } of optionLeaves(host)) if (NIX_OPTION.test(path.at(-1)!)) named.add(option);
  const kinds: readonly (readonly [string, readonly Setting<unknown>[]])[] = [
    ["file", host.files],
    ["script", host.scripts],
    ["unit", host.units],
    ["nftables table", host.nftables],
    ["NixOS option", host.nixos],
  ];
  for (const [kind, settings] of kinds) {
    for (const setting of settings) {
      const text = textOf(setting.value);
      if (!named.has(setting) && !PEM.test(text) && !WIREGUARD.test(text)) continue;
      yield {
        path: setting.origin,
        others: [host.path],
        what: `${kind} ${setting.key} holds a private key`,
        // The value is left out: error messages end up in logs.
        allowed: "the name of a file on the host that holds the key",
        remedy: "WireGuardMesh, whose hosts make their keys themselves; or privateKeyFile, filled by a secret manager",
      };
    }
  }
}
