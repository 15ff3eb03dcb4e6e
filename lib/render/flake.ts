import type { ResolvedHost } from "../host";
import { nix, print } from "../nix-ts-builder";

/**
 * `flake.nix` of a stack: a module per NixOS host, to be imported into a configuration that knows the hardware, and a
 * whole system where `hosts/<host>/hardware-configuration.nix` lies beside it.
 */
export function renderFlake(hosts: readonly ResolvedHost[]): string {
  const releases = [...new Set(hosts.map(releaseOf))].sort();
  const inputName = (release: string) =>
    release === releases.at(-1) ? "nixpkgs" : `nixpkgs-${release.replace(".", "_")}`;
  const outputs = nix.nested(
    hosts.flatMap((host) => {
      const module = nix.path(`./hosts/${host.name}/host.nix`);
      const hardware = nix.path(`./hosts/${host.name}/hardware-configuration.nix`);
      const system = nix.call(nix.ref(inputName(releaseOf(host)), "lib", "nixosSystem"), {
        modules: nix.op(
          "++",
          [module, { nixpkgs: { hostPlatform: "x86_64-linux" } }],
          nix.if(nix.call("builtins.pathExists", hardware), [hardware], []),
        ),
      });
      return [
        nix.bind(["nixosModules", host.name], nix.call("import", module)),
        nix.bind(["nixosConfigurations", host.name], system),
      ];
    }),
  );
  const flake = nix.flake({
    description: "NixOS hosts of a Netloom stack",
    inputs: Object.fromEntries(releases.map((r) => [inputName(r), `github:NixOS/nixpkgs/nixos-${r}`])),
    outputs,
  });
  return print(flake, { header: "Written by Netloom. Do not edit: the next synthesis replaces it." });
}

function releaseOf(host: ResolvedHost): string {
  return host.platform.kind === "nixos" ? host.platform.release : "";
}
