import { readFileSync } from "node:fs";
import { TerraformStack, Testing } from "cdktf";
import { describe, expect, it } from "vitest";
import { Host } from "../../lib";
import { compileHost, defineKind, HostSettings, KINDS, type Kind, type ResolvedHost } from "../../lib/host";
import { SettingsStore } from "../../lib/host/store";
import { settingLists } from "../../lib/render/settings";

/** For each kind: the method that makes a setting of it, and arguments. */
const SAMPLES: Readonly<Record<keyof typeof KINDS, readonly [method: string, ...args: unknown[]]>> = {
  sysctls: ["sysctl", "net.core.somaxconn", 8192],
  modules: ["module", "tcp_bbr"],
  moduleOptions: ["moduleOption", "mlx4_core", "roce_mode", 2],
  links: ["link", "exp0", { mtu: 9000 }],
  addresses: ["address", "exp0", "10.9.0.1/24"],
  routes: ["route", "exp0", { to: "10.8.0.0/16" }],
  qdiscs: ["qdisc", "exp0", { kind: "fq" }],
  wireguard: [
    "wireguard",
    {
      device: "wg0",
      port: 51820,
      mtu: 1420,
      mesh: "lab/mesh",
      table: "mesh.peers",
      member: "node-1",
      addresses: ["10.7.0.1/24"],
      keyEpoch: 1,
    },
  ],
  openPorts: ["openPort", { protocol: "tcp", port: 873 }],
  forwards: ["forward", { device: "wg0", network: "10.6.0.0/16" }],
  packages: ["package", { debian: "rsync" }],
  units: ["unit", "archive.service", { service: { ExecStart: "/bin/true" } }],
  files: ["file", "/etc/example.conf", { content: "x" }],
  scripts: ["script", "example", { text: "true" }],
  limits: ["limit", { domain: "*", type: "-", item: "memlock", value: "unlimited" }],
  udevRules: ["udevRule", "60-example", 'SUBSYSTEM=="net"'],
  nftables: ["nftables", "inet", "example", "chain c { }"],
  nixos: ["nixos", "services.openssh.enable", true],
};

const reason = { because: "of the test" };
const hostWith = (...methods: (readonly [method: string, ...args: unknown[]])[]): ResolvedHost => {
  const host = new Host(new TerraformStack(Testing.app(), "lab"), "node-1", {
    interfaces: [{ id: "exp0", mac: "02:00:00:00:00:01" }],
  });
  for (const [method, ...args] of methods)
    (host as unknown as Record<string, (...all: unknown[]) => void>)[method]!(...args, reason);
  const problems: never[] = [];
  const resolved = compileHost(host, problems);
  expect(problems).toEqual([]);
  return resolved;
};

describe("a kind of setting", () => {
  it("has a sample below", () => expect(Object.keys(SAMPLES)).toEqual(Object.keys(KINDS)));

  it.each(Object.keys(SAMPLES) as (keyof typeof KINDS)[])(
    "can be set on a host in one line, and arrives in its lists with its reason: %s",
    (list) => {
      const host = hostWith(SAMPLES[list]);
      expect(host[list].filter(({ because }) => because === reason.because)).toHaveLength(1);
      expect(settingLists(host)[list]).toContainEqual(expect.objectContaining({ because: reason.because }));
    },
  );

  it.each(Object.keys(SAMPLES) as (keyof typeof KINDS)[])(
    "has a row in the documentation with what makes it and what its change does: %s",
    (list) => {
      const [method] = SAMPLES[list];
      const [, made, effect] = new RegExp(`^\\| \`${list}\` \\| \`(\\w+)\` \\| (.*) \\|$`, "m").exec(
        readFileSync("docs/output.md", "utf8"),
      )!;
      expect(made).toBe(method);
      const kind: Kind<never, unknown> = KINDS[list];
      for (const { key, value } of hostWith(SAMPLES[list])[list]) expect(effect).toContain(kind.effect(key, value));
    },
  );

  it("is made by every method that a host and a feature have in common", () => {
    const methods = (of: object) => Object.getOwnPropertyNames(of).filter((name) => name !== "constructor");
    const others = ["set", "planOf", "port", "provenance"];
    const ofFeatures = methods(HostSettings.prototype).filter((name) => !others.includes(name));
    const ofHosts = methods(Object.getPrototypeOf(Host.prototype)).filter((name) => name !== "add");
    expect(ofHosts.sort()).toEqual(ofFeatures.sort());
  });

  it("is a declaration: store, record and settings follow from it", () => {
    const BADGE = defineKind({
      noun: "badge",
      record: ({ port }, id: string, colour: string) => [[port(id).id, colour.toLowerCase()]],
      effect: () => "none",
      combine: () => ({ combine: (a: string, b: string) => `${a} ${b}`, compare: (a, b) => (a < b ? -1 : 1) }),
      needs: () => ({ package: { debian: "badges" }, because: "it prints them" }),
    });
    const host = new Host(new TerraformStack(Testing.app(), "lab"), "node-1", {
      interfaces: [{ id: "exp0", mac: "02:00:00:00:00:01" }],
    });
    const store = new SettingsStore({ ...KINDS, badges: BADGE });
    new HostSettings(host, store, "lab/a").set(BADGE, reason, "exp0", "RED");
    new HostSettings(host, store, "lab/b").set(BADGE, reason, "exp0", "Blue");
    const resolved = store.resolve(host, []);
    expect(resolved).toMatchObject({ badges: [{ key: "exp0", value: "blue red", origin: "lab/b" }] });
    expect(resolved.packages).toMatchObject([{ key: "badges", because: "it prints them", priority: "default" }]);
    expect(resolved.packages[0]!.value).toEqual({ debian: "badges" });
    expect(() => new HostSettings(host, store, "lab/c").set(BADGE, reason, "exp7", "RED")).toThrow(/exp7/);
  });
});
