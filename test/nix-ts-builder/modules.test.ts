import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { freeVariables, lib, nix, print } from "../../lib/nix-ts-builder";
import { itWith } from "../support/tools";
import { MODULES, moduleText } from "./support/modules";
import { evaluate, parseText } from "./support/nix";

interface Golden {
  readonly sha256: string;
  readonly nix: string;
  readonly nixpkgs: string;
  readonly read: unknown;
}
const goldens = JSON.parse(readFileSync(new URL("./goldens/read-back.json", import.meta.url), "utf8")) as Record<
  string,
  Golden
>;

/** A stand-in for nixpkgs' lib: every function of the module system says what it was given, as the real ones do. */
const STUB = `let
  override = priority: content: { _type = "override"; inherit priority content; };
  order = priority: content: { _type = "order"; inherit priority content; };
in {
  mkIf = condition: content: { _type = "if"; inherit condition content; };
  mkMerge = contents: { _type = "merge"; inherit contents; };
  mkOverride = override;
  mkForce = override 50;
  mkDefault = override 1000;
  mkOptionDefault = override 1500;
  mkOrder = order;
  mkBefore = order 500;
  mkAfter = order 1500;
  mkOption = option: { _type = "option"; } // option;
  mkEnableOption = name: { _type = "option"; enable = name; };
  types = { str = "str"; int = "int"; lines = "lines"; nullOr = t: { nullOr = t; }; attrsOf = t: { attrsOf = t; }; submodule = m: { submodule = m { name = "n"; }; }; enum = l: { enum = l; }; ints.between = a: b: { between = [ a b ]; }; };
  concatStringsSep = builtins.concatStringsSep;
  mapAttrsToList = f: s: builtins.attrValues (builtins.mapAttrs f s);
}`;

const withStub = (text: string, config = "{ }") =>
  evaluate(
    `(${text}) { lib = ${STUB}; config = ${config}; pkgs = { ethtool = "ethtool"; coreutils = "coreutils"; }; }`,
  );

describe("modules", () => {
  it.each(MODULES.map((module) => [module.name, module] as const))(
    "%s has the bytes that the real module system read",
    (name, module) => {
      const sha256 = createHash("sha256").update(moduleText(module)).digest("hex");
      const advice = `the module "${name}" changed: run scripts/nixos-readback.mjs with a nixpkgs tree, look at what it read, and commit the golden`;
      expect(goldens[name]?.sha256, advice).toBe(sha256);
      expect(goldens[name]?.read).toBeTruthy();
    },
  );

  itWith(["nix-instantiate"], "declare to a stub of lib exactly what they declare to the real one", () => {
    const options = withStub(
      moduleText(MODULES[0]!),
      '{ services.mesh = { enable = true; peers = { b = { label = "B"; keepalive = 1; }; }; }; }',
    ) as {
      options: { services: { mesh: Record<string, unknown> } };
      config: { services: { mesh: { lines: unknown }; meshText: string } };
    };
    expect(options.options.services.mesh["mtu"]).toEqual({
      _type: "option",
      type: { enum: [1420, 8920] },
      default: 1420,
    });
    expect(options.options.services.mesh["peers"]).toMatchObject({
      type: { attrsOf: { submodule: { options: { keepalive: { default: 25, type: { between: [0, 65535] } } } } } },
    });
    expect(options.config.services.meshText).toBe("b=B:1");
    expect(options.config.services.mesh.lines).toEqual({
      _type: "if",
      condition: true,
      content: {
        _type: "merge",
        contents: [
          { _type: "order", priority: 1500, content: "last" },
          { _type: "order", priority: 500, content: "first\nsecond\n" },
          "middle",
        ],
      },
    });
    const host = withStub(moduleText(MODULES[2]!)) as {
      boot: { kernel: { sysctl: Record<string, unknown> }; extraModprobeConfig: string };
    };
    expect(host.boot.kernel.sysctl["net.core.rmem_max"]).toEqual({
      _type: "override",
      priority: 50,
      content: 67108864,
    });
    expect(host.boot.extraModprobeConfig).toBe("options mlx5_core prof_sel=2\n# 'quoted' ${not} $(sh)\n");
  });

  it("take the arguments that they use, and say so in the header", () => {
    const header = (config: Parameters<typeof nix.module>[0]["config"]) =>
      print(nix.module({ config })).split("\n{\n")[0];
    expect(header({ a: 1 })).toBe("{ ... }:");
    expect(header({ a: lib.mkForce(1) })).toBe("{ lib, ... }:");
    expect(header({ a: lib.mkForce(nix.ref("config.b")) })).toBe("{ config, lib, ... }:");
    expect(header({ a: nix.fn("lib", nix.id("lib")) })).toBe("{ ... }:");
    expect(header({ a: nix.raw("pkgs.hello") })).toBe("{ pkgs, ... }:");
    expect(print(nix.module({ args: ["lib", "myArg"], config: { a: nix.id("myArg") } }))).toBe(
      "{ lib, myArg, ... }:\n{\n  a = myArg;\n}\n",
    );
  });

  it("put settings below config where options or reserved names need it", () => {
    const compact = (props: Parameters<typeof nix.module>[0]) => print(nix.module(props), { layout: "compact" });
    expect(compact({ imports: [nix.path("./a.nix")], config: { a: 1 } })).toBe(
      "{ ... }: { imports = [ ./a.nix ]; a = 1; }\n",
    );
    expect(compact({ options: { o: 1 }, config: { a: 1 } })).toBe(
      "{ ... }: { options = { o = 1; }; config = { a = 1; }; }\n",
    );
    expect(compact({ config: { meta: 1 } })).toBe("{ ... }: { config = { meta = 1; }; }\n");
    expect(compact({ config: lib.mkIf(true, { a: 1 }) })).toBe(
      "{ lib, ... }: { config = lib.mkIf true { a = 1; }; }\n",
    );
    expect(compact({})).toBe("{ ... }: { }\n");
  });

  itWith(["nix-instantiate"], "live in flakes that Nix can read", () => {
    const text = print(
      nix.flake({
        description: "hosts",
        inputs: {
          nixpkgs: "github:NixOS/nixpkgs/nixos-26.05",
          "sops-nix": { url: "github:Mic92/sops-nix", inputs: { nixpkgs: { follows: "nixpkgs" } } },
        },
        outputs: {
          nixosConfigurations: {
            a: nix.call("nixpkgs.lib.nixosSystem", {
              system: "x86_64-linux",
              specialArgs: { inputs: nix.id("inputs") },
              modules: [nix.path("./a.nix")],
            }),
          },
        },
      }),
    );
    expect(parseText(text)).toBeDefined();
    const flake = evaluate(
      `let f = ${text}; in { inherit (f) description inputs; out = (f.outputs { self = 1; nixpkgs.lib.nixosSystem = a: builtins.attrNames a; sops-nix = 2; }).nixosConfigurations; }`,
    );
    expect(flake).toEqual({
      description: "hosts",
      inputs: {
        nixpkgs: { url: "github:NixOS/nixpkgs/nixos-26.05" },
        "sops-nix": { url: "github:Mic92/sops-nix", inputs: { nixpkgs: { follows: "nixpkgs" } } },
      },
      out: { a: ["modules", "specialArgs", "system"] },
    });
  });

  it("have their free variables told", () => {
    const node = nix.fn({ args: { a: nix.id("d") }, alias: "all" }, [
      nix.id("a"),
      nix.id("all"),
      nix.id("x"),
      nix.with(nix.id("s"), nix.id("hidden")),
    ]);
    expect([...freeVariables(node).keys()].sort()).toEqual(["d", "s", "x"]);
  });
});
