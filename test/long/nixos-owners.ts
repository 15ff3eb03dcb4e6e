/**
 * Evaluates systems that a deploy would build: the configuration of an owner and a generated `host.nix`, put together by
 * the agent itself, judged by the real module system. What was read is kept in test/fixtures/nixos/owners.
 *
 *   NETLOOM_NIXPKGS=<nixpkgs tree> npm run long:nixos [owner…]
 *
 * The tree is a checkout of nixpkgs 24.11 with `nixos/`; generated data files may be missing (Haskell's package set among
 * them). Without it nothing is judged, and the program says so. One evaluation takes about 5 s and 1.2 GB.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { ScratchHost } from "../agent/host";
import { OWNER_CONFIGURATIONS, type OwnerConfiguration } from "./nixos-owner-configurations";
import { goldenPath, moduleHash, type Reading } from "./nixos-owner-goldens";
import { ownerHosts } from "./nixos-owner-hosts";

const DEFAULT_HOSTS = ["bbr", "hub"];

/** What no deploy may change by itself, and what the module is there for. */
const READ = `c: {
  assertions = map (a: a.message) (builtins.filter (a: !a.assertion) c.assertions);
  warnings = builtins.filter (w: builtins.match ".*netloom.*" w != null) c.warnings;
  inherit (c.networking) hostName;
  nftables = c.networking.nftables.enable;
  tables = builtins.filter (n: n != "nixos-fw") (builtins.attrNames c.networking.nftables.tables);
  dhcpcd = c.networking.dhcpcd.denyInterfaces;
  networkmanager = c.networking.networkmanager.unmanaged;
  waitOnline = c.systemd.network.wait-online.enable;
  networks = builtins.attrNames c.systemd.network.networks;
  sysctl = c.environment.etc."sysctl.d/60-nixos.conf".text;
  units = map (n: c.systemd.units.\${n}.text) (builtins.filter (n: builtins.match "netloom.*[.]service" n != null) (builtins.attrNames c.systemd.units));
  programs = builtins.filter (n: builtins.elem n [ "ethtool" "wireguard-tools" ]) (map (p: p.pname or "") c.environment.systemPackages);
}`;

/** Stand-ins for what takes Haskell's package set; the least that makes a system. */
const BASE = `{ lib, ... }: {
  nixpkgs.overlays = [ (final: prev: {
    shellcheck = final.hello // { compiler = final.hello; };
    shellcheck-minimal = final.hello // { compiler = final.hello; };
    pandoc = final.hello;
  }) ];
  boot.loader.grub.device = lib.mkDefault "nodev";
  fileSystems."/" = lib.mkDefault { device = "/dev/sda1"; fsType = "ext4"; };
  system.stateVersion = "24.11";
}`;

/** The expression that the agent hands to nix-build for an owner's configuration and a module. */
function composed(host: ScratchHost, owner: OwnerConfiguration, name: string, module: string): string {
  const configuration = join(host.root, "owner", `${owner.name}-${name}.nix`);
  const imported = owner.imports === true ? `(${JSON.stringify(join(host.root, "imported"))} + "/${name}.nix")` : "";
  host.write(`imported/${name}.nix`, module.replaceAll(/mkOverride 90 (\d+)/g, "mkOverride 90 1"));
  host.write(`owner/base.nix`, BASE);
  host.write(
    `owner/${owner.name}-${name}.nix`,
    `{ config, lib, pkgs, modulesPath, ... }: { imports = [ ./base.nix ${imported} (${owner.module}) ]; }\n`,
  );
  host.write(
    "bin/nix-build",
    `#!/bin/sh\nfor a; do :; done\nprintf %s "$a" >"$NETLOOM_ROOT/expression"\necho "$NETLOOM_ROOT/system"\n`,
  );
  host.write("bin/nix-store", "#!/bin/sh\n");
  host.sh('chmod +x "$NETLOOM_ROOT"/bin/*');
  Object.assign(host.env, { PATH: `${host.root}/bin:${process.env["PATH"]}`, NETLOOM_NIXOS_CONFIG: configuration });
  const digest = Buffer.from(`${owner.name}-${name}`).toString("hex").slice(0, 60);
  const staged = host.stage(digest, [], { "host.nix": { content: module }, platform: { content: "nixos\n" } });
  if (staged.code !== 0) throw new Error(`the agent did not stage ${owner.name}/${name}: ${staged.stderr}`);
  return host.read("expression");
}

interface Case {
  readonly owner: OwnerConfiguration;
  readonly name: string;
  readonly expression: string;
}

/** As many systems are read by one process, which shares the package set among them. */
const BATCH = 12;

/** Nix gives one error for a whole process, so a batch that fails is halved until the one that is at fault stands alone. */
async function evaluated(tree: string, cases: readonly Case[]): Promise<Reading[]> {
  const half = Math.ceil(cases.length / 2);
  const reading = cases.length > BATCH ? undefined : await batch(tree, cases);
  if (reading !== undefined && (reading.length === cases.length || cases.length === 1)) return reading;
  return [...(await evaluated(tree, cases.slice(0, half))), ...(await evaluated(tree, cases.slice(half)))];
}

/** One reading for each case, or one error for all. Of one system the derivation is made as well. */
async function batch(tree: string, cases: readonly Case[]): Promise<Reading[]> {
  const systems = cases.map(({ owner, name, expression }) => {
    const whole = owner === OWNER_CONFIGURATIONS[0] && name === DEFAULT_HOSTS[0];
    return `(let system = import ${tree}/nixos { configuration = { imports = [ ${expression} { nixpkgs.pkgs = pkgs; } ]; }; system = "x86_64-linux"; }; in read system.config${whole ? " // { system = builtins.isString system.system.drvPath; }" : ""})`;
  });
  const program = `let pkgs = import ${tree} { system = "x86_64-linux"; }; read = ${READ}; in [ ${systems.join(" ")} ]`;
  const args = ["--store", "dummy://", "--eval", "--strict", "--json", "-E", program];
  const env = { PATH: process.env["PATH"], HOME: "/nonexistent", NIX_PATH: `nixpkgs=${tree}` };
  try {
    const { stdout } = await promisify(execFile)("nix-instantiate", args, { env, maxBuffer: 2 ** 26 });
    return JSON.parse(stdout) as Reading[];
  } catch (error) {
    const stderr = String((error as { stderr?: string }).stderr ?? error);
    const said = { error: /error: (.*)/.exec(stderr)?.[1] ?? stderr.slice(0, 500) };
    return cases.length === 1 ? [said] : [];
  }
}

/** Names of directories are no finding. */
const portable = (reading: Reading, roots: readonly string[]): Reading =>
  JSON.parse(
    roots
      .reduce((text, root, n) => text.replaceAll(root, n === 0 ? "<host>" : "<nixpkgs>"), JSON.stringify(reading))
      .replaceAll(/\/nix\/store\/[a-z0-9]{32}-/g, "/nix/store/<hash>-")
      .replaceAll(/nixos\/[0-9a-f]{8,60}\.nix/g, "nixos/<digest>.nix"),
  ) as Reading;

/** What speaks against a reading; nothing for one that is as it should be. */
function faults(owner: OwnerConfiguration, name: string, reading: Reading): string[] {
  const said = [reading.error ?? [], reading.assertions ?? []].flat();
  const wanted = owner.refused?.[name];
  if (wanted !== undefined)
    return said.some((text) => text.includes(wanted))
      ? []
      : [`should be refused with "${wanted}", said ${JSON.stringify(said)}`];
  return said;
}

async function judge(tree: string, owners: readonly OwnerConfiguration[]): Promise<number> {
  const modules = ownerHosts();
  const host = new ScratchHost();
  let bad = 0;
  try {
    const cases = owners.flatMap((owner) =>
      (owner.hosts ?? DEFAULT_HOSTS).map((name) => ({
        owner,
        name,
        expression: composed(host, owner, name, modules.get(name)!),
      })),
    );
    const isRefused = ({ owner, name }: Case) => owner.refused?.[name] !== undefined;
    const readings = new Map<Case, Reading>();
    for (const group of [cases.filter((one) => !isRefused(one)), ...cases.filter(isRefused).map((one) => [one])]) {
      if (group.length === 0) continue;
      const read = await evaluated(tree, group);
      for (const [n, one] of group.entries()) readings.set(one, portable(read[n]!, [host.root, tree]));
    }
    for (const owner of owners) {
      const own = cases.filter((one) => one.owner === owner);
      for (const one of own) {
        const found = faults(owner, one.name, readings.get(one)!);
        bad += found.length;
        const verdict = isRefused(one) ? "refused, as it should be" : "evaluates";
        console.log(`${owner.name} / ${one.name}: ${found.length > 0 ? `WRONG: ${found.join("; ")}` : verdict}`);
      }
      const hosts = Object.fromEntries(
        own.map((one) => [one.name, { module: moduleHash(modules.get(one.name)!), read: readings.get(one)! }]),
      );
      const nixpkgs = readFileSync(join(tree, ".version"), "utf8").trim();
      mkdirSync(dirname(goldenPath(owner.name)), { recursive: true });
      writeFileSync(
        goldenPath(owner.name),
        `${JSON.stringify({ owner: moduleHash(owner.module), nixpkgs, hosts }, null, 2)}\n`,
      );
    }
  } finally {
    host.remove();
  }
  return bad;
}

async function main(): Promise<void> {
  const tree = process.env["NETLOOM_NIXPKGS"];
  if (tree === undefined || !existsSync(join(tree, "nixos/lib/eval-config.nix"))) {
    console.log(
      `SKIPPED: no NixOS system was judged, as ${tree === undefined ? "NETLOOM_NIXPKGS names no nixpkgs tree" : `${tree} holds no nixos/`}`,
    );
    return;
  }
  const names = process.argv.slice(2);
  const owners = OWNER_CONFIGURATIONS.filter(({ name }) => names.length === 0 || names.includes(name));
  if (owners.length === 0)
    throw new Error(`no such owner; there are ${OWNER_CONFIGURATIONS.map(({ name }) => name).join(", ")}`);
  const bad = await judge(resolve(tree), owners);
  console.log(`${owners.length} owners judged, ${bad} faults`);
  if (bad > 0) process.exitCode = 1;
}

void main();
