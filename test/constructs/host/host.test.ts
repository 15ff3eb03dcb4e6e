import { describe, expect, it } from "vitest";
import { Host, Platform, Target } from "../../../lib";
import { NetworkUse } from "../../../lib/features";
import { expectHost, synthToFiles, testStack } from "../../../lib/testing";
import { labHosts, macOf } from "../../support/lab";

const WHY = { because: "the test wants it" };

describe("a host", () => {
  it("by itself sets nothing but the addresses it was given", () => {
    const result = synthToFiles((stack) => {
      const interfaces = [
        { id: "exp0", mac: macOf(0), addresses: ["10.10.1.1/24", "fd00::1/64"], lan: "lan0" },
        { id: "exp1", mac: macOf(1) },
        { id: "control", control: true, addresses: ["128.105.145.7/22"] },
      ];
      new Host(stack, "node-0", { interfaces });
    });
    const host = result.hosts.get("node-0")!;
    expect(host.addresses.map(({ value }) => [value.interface, value.settings])).toEqual([
      ["exp0", "10.10.1.1/24"],
      ["exp0", "fd00::1/64"],
    ]);
    expect(host.facts(NetworkUse).map(({ value }) => [value.kind, value.name, value.cidr])).toEqual([
      ["control", "control", "128.105.144.0/22"],
      ["experiment", "lan0", "10.10.1.0/24"],
      ["experiment", "lan0", "fd00::/64"],
    ]);
    expect([host.sysctls, host.links, host.units, host.files, host.checks]).toEqual([[], [], [], [], []]);
    expect(result.files.get("hosts/node-0/plan")).toBe(
      `netloom-plan\t1\nlink\tmac=${macOf(0)}\tup\naddresses\tmac=${macOf(0)}\t10.10.1.1/24,fd00::1/64\n`,
    );
  });

  it("never writes anything about its control port", () => {
    const result = synthToFiles((stack) => {
      new Host(stack, "node-0", {
        interfaces: [{ id: "control", control: true, mac: macOf(7), addresses: ["128.105.145.7/22"] }],
      });
    });
    for (const [path, text] of result.files) {
      if (path.endsWith("settings.json")) continue;
      expect(text, path).not.toContain(macOf(7));
      expect(text, path).not.toContain("128.105.145.7");
    }
  });

  it("takes over what a machine says, and lets each property be overridden", () => {
    const machine = {
      name: "node-7",
      interfaces: [{ id: "exp0", mac: macOf(0) }],
      target: Target.ssh({ host: "198.51.100.7" }),
      testbed: { name: "the rack" },
    };
    const stack = testStack();
    const one = new Host(stack, "a", { machine });
    expect([one.hostName, one.policy?.name, one.managementAddress]).toEqual(["node-7", "the rack", "198.51.100.7"]);
    const other = new Host(stack, "b", {
      machine,
      hostName: "other",
      interfaces: [],
      target: Target.directory("roots/b"),
    });
    expect([other.hostName, other.interfaces.length, other.managementAddress]).toEqual(["other", 0, undefined]);
  });

  it("is Linux of any kind unless it says NixOS, of the newest release unless it says which", () => {
    const stack = testStack();
    expect(new Host(stack, "a").platform).toEqual({ kind: "linux" });
    expect(new Host(stack, "b", { platform: Platform.nixos() }).platform).toEqual({ kind: "nixos", release: "26.05" });
    expect(new Host(stack, "c", { platform: Platform.nixos("24.11") }).platform).toMatchObject({ release: "24.11" });
  });

  it("without a target is written, but not deployed", () => {
    const result = synthToFiles((stack) => void new Host(stack, "node-0"));
    expect(result.files.has("hosts/node-0/plan")).toBe(true);
    expect(result.tf.resource).toBeUndefined();
  });

  it.each(["6", "6.8.1", "v6.8", "0.1"])("does not take %j for a kernel version", (kernel) => {
    expect(() => new Host(testStack(), "node-0", { kernel })).toThrow("NL-KERNEL");
  });

  it.each([
    ["Node.0", "node-0"],
    ["-x-", "x"],
    ["ünï", "n"],
    ["___", "node-0"],
  ])("that is called %j is told to be called %j", (hostName, proposal) => {
    expect(() => new Host(testStack(), "x", { hostName })).toThrow(`hostName: "${proposal}"`);
  });
});

describe("the one-line overrides", () => {
  it("reach the host like the settings of any construct", () => {
    const result = synthToFiles((stack) => {
      const [host] = labHosts(stack, 1);
      host!.sysctl("vm.swappiness", 10, WHY);
      host!.module("nf_conntrack", WHY);
      host!.link("exp0", { mtu: 1400 }, WHY);
      host!.route("exp0", { to: "10.20.0.0/16", via: "10.10.1.9" }, WHY);
      host!.openPort({ protocol: "tcp", port: 5201 }, WHY);
      host!.package({ debian: "iperf3", nix: "iperf3" }, WHY);
      host!.unit("x.service", { service: { ExecStart: "/bin/true" } }, WHY);
      host!.file("/etc/x", { content: "x\n" }, WHY);
      host!.check({ kind: "service", phase: "local", args: ["x.service"] }, WHY);
      host!.nixos("time.timeZone", "UTC", WHY);
    });
    const host = expectHost(result, "node-0");
    host.toHaveSysctl("vm.swappiness", 10);
    host.toHaveModule("nf_conntrack");
    host.toHaveLink("exp0", { mtu: 1400 });
    host.toHaveRoute("exp0", { to: "10.20.0.0/16" });
    host.toOpenPort({ protocol: "tcp", port: 5201 });
    host.toHavePackage("iperf3");
    host.toHaveUnit("x.service");
    host.toHaveFile("/etc/x", "x\n");
    host.toHaveCheck("service", "x.service");
    host.toHaveNixosOption("time.timeZone", "UTC");
  });
});
