import type { ResolvedHost } from "../host";
import { nix, print } from "../nix-ts-builder";

/** Files of the user beside `host.nix` that make a whole system of it. */
const OWN_FILES = ["hardware-configuration.nix", "configuration.nix"];

/**
 * `flake.nix` of a stack: a module per NixOS host, to be imported into a configuration that knows the hardware, and a
 * system with the user's own files beside it. `hardware-configuration.nix` as NixOS generates it has no boot loader;
 * `configuration.nix` may hold that and the rest.
 */
export function renderFlake(hosts: readonly ResolvedHost[]): string {
  const releases = [...new Set(hosts.map(releaseOf))].sort();
  const inputName = (release: string) =>
    release === releases.at(-1) ? "nixpkgs" : `nixpkgs-${release.replace(".", "_")}`;
  const outputs = nix.nested(
    hosts.flatMap((host) => {
      const module = nix.path(`./hosts/${host.name}/host.nix`);
      const own = OWN_FILES.map((file) => nix.path(`./hosts/${host.name}/${file}`));
      const system = nix.call(nix.ref(inputName(releaseOf(host)), "lib", "nixosSystem"), {
        modules: nix.op(
          "++",
          // As weak as what a generated hardware-configuration.nix says, which would be refused beside something else.
          [
            module,
            {
              nixpkgs: {
                hostPlatform: nix.call(nix.ref(inputName(releaseOf(host)), "lib", "mkOptionDefault"), "x86_64-linux"),
              },
            },
          ],
          nix.call("builtins.filter", nix.ref("builtins.pathExists"), own),
        ),
      });
      return [nix.bind(["nixosModules", host.name], module), nix.bind(["nixosConfigurations", host.name], system)];
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
