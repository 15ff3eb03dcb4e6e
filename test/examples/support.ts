import { generateKeyPairSync } from "node:crypto";

/** A fresh X25519 key as wg writes it; `spki` ends with the 32 bytes that matter. */
function publicKey(): string {
  const { publicKey } = generateKeyPairSync("x25519");
  return publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64");
}

/** A peer table with a key for every placeholder, as the runner fills it. */
export function fillKeys(table: string): string {
  return table.replace(/@key:[^@]+@/g, publicKey);
}

/** An `[Interface]` section with the key of nobody, so that a table becomes a whole configuration. */
export const PEER_CONFIG_HEAD = `[Interface]\nPrivateKey = ${Buffer.alloc(32, 7).toString("base64")}\nListenPort = 51820\n\n`;

/**
 * Arguments for a module: every package that its text names is a path of that name, and priorities are what nixpkgs'
 * lib makes of them.
 */
export function nixModuleArguments(module: string): string {
  const names = [...new Set([...module.matchAll(/\bpkgs\.([A-Za-z0-9_-]+)/g)].map((match) => match[1]!))];
  return `{
    lib = {
      mkForce = content: { _type = "override"; priority = 50; inherit content; };
      mkDefault = content: { _type = "override"; priority = 1000; inherit content; };
      mkIf = condition: content: { _type = "if"; inherit condition content; };
      mkMerge = contents: { _type = "merge"; inherit contents; };
      mkOverride = priority: content: { _type = "override"; inherit priority content; };
      optional = condition: item: if condition then [ item ] else [ ];
      optionals = condition: items: if condition then items else [ ];
      hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
      hasSuffix = _: _: false;
      subtractLists = _: items: items;
      inherit (builtins) any concatMap filter;
      getExe = package: "\${package}/bin/program";
    };
    config = {
      networking = {
        nftables.enable = false;
        useNetworkd = false;
        useDHCP = true;
        dhcpcd = { enable = true; denyInterfaces = [ ]; };
      };
      systemd.network.networks = { };
    };
    options.boot.kernel.sysctl.definitionsWithLocations = [ ];
    pkgs = builtins.listToAttrs (map (name: { inherit name; value = "/nix/store/\${name}"; }) [
      ${names.map((name) => JSON.stringify(name)).join(" ")}
    ]) // { writeText = name: text: "/nix/store/\${name}"; };
  }`;
}
