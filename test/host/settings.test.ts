import { describe, expect, it } from "vitest";
import { Check, Host, nicModel, Platform, Target } from "../../lib";
import { HostFeature, HostSettings, XdpProgram } from "../../lib/features";
import type { Problem } from "../../lib/errors";
import { compileHost, interfaceOf, type LinkSettings, networkInterface, selectorOf } from "../../lib/host";
import { SettingsStore } from "../../lib/host/store";
import { testStack } from "../../lib/testing";

const WHY = { because: "the test wants it" };
const host = new Host(testStack("lab"), "node-0", {
  interfaces: [
    { id: "exp0", mac: "3C-FD-FE-04-10-A1", addresses: ["10.10.1.1/24"] },
    { id: "exp1", name: "enp1s0" },
    { id: "control", control: true },
  ],
});

function settings(): HostSettings {
  return new HostSettings(host, new SettingsStore(), "lab/node-0/Feature");
}

describe("a setting is refused where it is said, with the path of the construct,", () => {
  it.each<[string, string, (s: HostSettings) => void]>([
    ["an upper-case sysctl", "NL-SYSCTL-KEY", (s) => s.sysctl("Net.ipv4.x", 1, WHY)],
    ["a sysctl without a dot", "NL-SYSCTL-KEY", (s) => s.sysctl("swappiness", 1, WHY)],
    ["a sysctl that climbs out", "NL-SYSCTL-KEY", (s) => s.sysctl("net/../kernel.x", 1, WHY)],
    ["an empty sysctl part", "NL-SYSCTL-KEY", (s) => s.sysctl("net..x", 1, WHY)],
    ["a sysctl value of two lines", "NL-SYSCTL-VALUE", (s) => s.sysctl("vm.x", "1\nvm.y = 2", WHY)],
    ["an empty sysctl value", "NL-SYSCTL-VALUE", (s) => s.sysctl("vm.x", "", WHY)],
    ["an infinite sysctl value", "NL-SYSCTL-VALUE", (s) => s.sysctl("vm.x", [1, Number.POSITIVE_INFINITY], WHY)],
    ["a module with a path", "NL-WORD", (s) => s.module("a b", WHY)],
    ["a module option that is two words", "NL-WORD", (s) => s.moduleOption("m", "p", "1 q=2", WHY)],
    ["a fractional MTU", "NL-LINK", (s) => s.link("exp0", { mtu: 1500.5 }, WHY)],
    ["an MTU of no link", "NL-LINK", (s) => s.link("exp0", { mtu: 70000 }, WHY)],
    ["a ring of a word", "NL-LINK", (s) => s.link("exp0", { rxRing: "min" as never }, WHY)],
    ["an offload that is a word", "NL-LINK", (s) => s.link("exp0", { lro: "off" as never }, WHY)],
    ["a property that links do not have", "NL-LINK", (s) => s.link("exp0", { speed: 1 } as LinkSettings, WHY)],
    ["an address without prefix length", "NL-INTERFACE-ADDRESS", (s) => s.address("exp0", "10.0.0.1", WHY)],
    ["a network as address", "NL-INTERFACE-ADDRESS", (s) => s.address("exp0", "10.0.0.0/24", WHY)],
    ["a route to nowhere", "NL-CIDR", (s) => s.route("exp0", { to: "somewhere" }, WHY)],
    ["a gateway that is none", "NL-IP-ADDRESS", (s) => s.route("exp0", { to: "default", via: "gw" }, WHY)],
    ["a path MTU of 1", "NL-ROUTE", (s) => s.route("exp0", { to: "10.0.0.0/8", mtu: 1 }, WHY)],
    ["a negative metric", "NL-ROUTE", (s) => s.route("exp0", { to: "10.0.0.0/8", metric: -1 }, WHY)],
    [
      "a congestion control of two words",
      "NL-ROUTE",
      (s) => s.route("exp0", { to: "10.0.0.0/8", congestion: "bbr x" }, WHY),
    ],
    ["a qdisc argument with a semicolon", "NL-WORD", (s) => s.qdisc("exp0", { kind: "fq", args: ["limit;"] }, WHY)],
    ["a port of no protocol", "NL-OPEN-PORT", (s) => s.openPort({ protocol: "sctp" as never, port: 1 }, WHY)],
    ["a port 0", "NL-OPEN-PORT", (s) => s.openPort({ protocol: "tcp", port: 0 }, WHY)],
    ["a package without a name", "NL-WORD", (s) => s.package({}, WHY)],
    ["a package of two words", "NL-WORD", (s) => s.package({ debian: "a b" }, WHY)],
    ["a package that apt would remove", "NL-WORD", (s) => s.package({ debian: "ethtool-" }, WHY)],
    ["an option of apt", "NL-WORD", (s) => s.package({ debian: "-oDPkg::Pre-Invoke::=reboot" }, WHY)],
    ["a package of a release", "NL-WORD", (s) => s.package({ debian: "ethtool/sid" }, WHY)],
    ["a package without a name", "NL-WORD", (s) => s.package({}, WHY)],
    ["a unit of no kind", "NL-UNIT-NAME", (s) => s.unit("x.conf", {}, WHY)],
    ["a unit key with a blank", "NL-UNIT", (s) => s.unit("x.service", { service: { "Exec Start": "x" } }, WHY)],
    ["a unit value that continues", "NL-UNIT", (s) => s.unit("x.service", { service: { ExecStart: "x \\" } }, WHY)],
    ["a script with a path", "NL-WORD", (s) => s.script("a b", { text: "true" }, WHY)],
    ["a script that climbs out", "NL-WORD", (s) => s.script("../../../x", { text: "true" }, WHY)],
    ["a script in a directory", "NL-WORD", (s) => s.script("a/b", { text: "true" }, WHY)],
    ["a script that is a directory", "NL-WORD", (s) => s.script("..", { text: "true" }, WHY)],
    ["a script whose name no archive keeps", "NL-WORD", (s) => s.script("x".repeat(101), { text: "true" }, WHY)],
    ["a udev rule that climbs out", "NL-WORD", (s) => s.udevRule("../x", "a", WHY)],
    ["a udev rule that goes on in the next line", "NL-LINE", (s) => s.udevRule("x", "a \\", WHY)],
    ["a unit whose name no archive keeps", "NL-UNIT-NAME", (s) => s.unit(`${"x".repeat(100)}.service`, {}, WHY)],
    ["a unit value with a noncharacter", "NL-UNIT", (s) => s.unit("x.service", { unit: { A: "a\u{10ffff}" } }, WHY)],
    ["a unit that continues before a blank", "NL-UNIT", (s) => s.unit("x.service", { service: { A: "x \\ " } }, WHY)],
    [
      "a unit wanted by two lines",
      "NL-UNIT-NAME",
      (s) => s.unit("x.service", { wantedBy: ["a.target\nb.target"] }, WHY),
    ],
    ["a unit wanted by a path", "NL-UNIT-NAME", (s) => s.unit("x.service", { wantedBy: ["../a.target"] }, WHY)],
    ["a unit wanted by a backslash", "NL-UNIT-NAME", (s) => s.unit("x.service", { wantedBy: ["a.target\\"] }, WHY)],
    ["a mode of two digits", "NL-FILE-MODE", (s) => s.file("/etc/x", { content: "", mode: "75" }, WHY)],
    [
      "a unit value with a specifier that systemd does not have",
      "NL-UNIT-SPECIFIER",
      (s) => s.unit("x.service", { unit: { Description: "100%Optimal" } }, WHY),
    ],
    ["a hidden unit", "NL-UNIT-NAME", (s) => s.unit(".x.service", {}, WHY)],
    ["a file with a long name", "NL-FILE-PATH", (s) => s.file(`/etc/${"x".repeat(101)}`, { content: "" }, WHY)],
    ["a file with a long path", "NL-FILE-PATH", (s) => s.file(`/etc${"/abcde".repeat(25)}`, { content: "" }, WHY)],
    ["a relative file", "NL-FILE-PATH", (s) => s.file("etc/x", { content: "" }, WHY)],
    ["a file that climbs out", "NL-FILE-PATH", (s) => s.file("/etc/../proc/x", { content: "" }, WHY)],
    ["a file below /run", "NL-FILE-PATH", (s) => s.file("/run/x", { content: "" }, WHY)],
    ["a set-id file", "NL-FILE-MODE", (s) => s.file("/usr/bin/x", { content: "", mode: "4755" }, WHY)],
    ["a file without text", "NL-FILE-MODE", (s) => s.file("/etc/x", { content: undefined as never }, WHY)],
    [
      "a limit of two lines",
      "NL-LIMIT",
      (s) => s.limit({ domain: "*\nroot", type: "-", item: "nofile", value: 1 }, WHY),
    ],
    ["a udev rule of two lines", "NL-LINE", (s) => s.udevRule("x", "a\nb", WHY)],
    ["an nftables table of no family", "NL-NFTABLES", (s) => s.nftables("inet6", "x", "", WHY)],
    ["an nftables table with a brace", "NL-NFTABLES", (s) => s.nftables("inet", "x{", "", WHY)],
    ["an nftables table that is a word of nft", "NL-NFTABLES", (s) => s.nftables("inet", "counter", "", WHY)],
    ["a network with host bits", "NL-CIDR", (s) => s.network({ cidr: "10.0.0.1/8", kind: "pod", name: "x" }, WHY)],
    ["the control port", "NL-001", (s) => s.qdisc("control", { kind: "fq" }, WHY)],
    ["the control port for a fact", "NL-001", (s) => s.fact(XdpProgram, s.port("control").id, { mode: "native" }, WHY)],
    ["a fact without a reason", "NL-REASON", (s) => s.fact(XdpProgram, "exp0", { mode: "native" }, { because: "" })],
    ["an unknown port", "NL-INTERFACE-UNKNOWN", (s) => s.address("exp7", "10.0.0.1/24", WHY)],
    ["a reason of blanks", "NL-REASON", (s) => s.module("x", { because: "\n" })],
    ["no reason at all", "NL-REASON", (s) => s.module("x", undefined as never)],
    ["a priority that is none", "NL-PRIORITY", (s) => s.module("x", { because: "x", priority: "high" as never })],
  ])("%s: %s", (_what, code, say) => {
    expect(() => say(settings())).toThrow(new RegExp(`^${code}: [\\s\\S]*\\n {2}at: {6}lab/node-0`));
  });

  it("a mode of three digits becomes the one with four that every reader takes", () => {
    const store = new SettingsStore();
    new HostSettings(host, store, "lab/x").file("/etc/x", { content: "", mode: "755" }, WHY);
    expect(store.resolve(host, []).files[0]!.value.mode).toBe("0755");
  });

  it("a WireGuard device that cannot be, with everything that is wrong about it", () => {
    const device = { device: "a-much-too-long-name", port: 0, mtu: 100, table: "../x", keyEpoch: 0 };
    const say = () => settings().wireguard({ ...device, mesh: "m", member: "a", addresses: [] }, WHY);
    expect(say).toThrow(/device name[\s\S]*UDP port[\s\S]*MTU[\s\S]*peer table[\s\S]*epoch/);
  });
});

describe("the reason of a setting", () => {
  it("is kept on one line, so that it can stand in any comment", () => {
    const store = new SettingsStore();
    new HostSettings(host, store, "lab/x").module("m", { because: " because\n it  is ", source: "RFC 1" });
    expect(store.resolve(host, []).modules).toEqual([
      { key: "m", value: true, origin: "lab/x", because: "because it is", source: "RFC 1", priority: "normal" },
    ]);
  });
});

describe("an interface", () => {
  it("is found by its permanent MAC address where that is known, by name otherwise", () => {
    expect(host.interfaces.map(selectorOf)).toEqual(["mac=3c:fd:fe:04:10:a1", "name=enp1s0", "name=control"]);
  });

  it("has the rate of its card where none is given", () => {
    const nic = nicModel("i350");
    expect(networkInterface({ id: "exp0", nic }).speed?.equals(nic.rates[0]!)).toBe(true);
  });

  it.each(["", "a/b", "a b", "sixteen-letters-x", ".", "..", undefined])("cannot be named %j", (id) => {
    expect(() => networkInterface({ id: id as string })).toThrow("NL-INTERFACE-NAME");
  });

  it("that is not there is answered with those that are", () => {
    expect(() => interfaceOf(host, "eth0")).toThrow(/allowed: exp0, exp1, control/);
    expect(interfaceOf(host, "control").control).toBe(true);
  });
});

describe("checks", () => {
  it("are words, and only the options of a route may be empty", () => {
    expect(Check.route("name=e", "10.0.0.0/8", "-", "").args).toEqual(["name=e", "10.0.0.0/8", "-", "", "-"]);
    expect(() => Check.sysctl("", "1")).toThrow("NL-CHECK-ARGUMENT");
    expect(() => Check.sysctl("vm.x", "1\0")).toThrow("NL-CHECK-ARGUMENT");
  });

  it("know when they can be answered", () => {
    expect(Check.sysctl("a.b", "1").phase).toBe("local");
    expect(Check.pathMtu("10.0.0.1", 9000)).toEqual({ kind: "path-mtu", phase: "pair", args: ["10.0.0.1", "9000"] });
    expect(Check.ping("10.0.0.1", 8972).args).toEqual(["10.0.0.1", "8972", "pass"]);
    expect(Check.command({ title: "t", run: "true", phase: "benchmark" })).toEqual({
      kind: "command",
      phase: "benchmark",
      args: ["t", "-", "true"],
    });
  });
});

it("the specifier that a refusal proposes is accepted", () => {
  const own = new Host(testStack("lab"), "node-0");
  own.unit("x.service", { unit: { Description: "100%%Optimal, 5 % and %n" } }, WHY);
  const problems: Problem[] = [];
  expect(compileHost(own, problems).units).toHaveLength(1);
  expect(problems).toEqual([]);
});

describe("compileHost", () => {
  class Feature extends HostFeature {
    say: (settings: HostSettings) => void = () => {};
    contribute(settings: HostSettings): void {
      this.say(settings);
    }
  }

  it("asks features wherever they stand below the host, and collects what they refuse", () => {
    const own = new Host(testStack("lab"), "node-0", { interfaces: [{ id: "exp0" }] });
    const outer = new Feature(own, "Outer");
    const inner = new Feature(own, "Inner");
    outer.say = (s) => s.sysctl("bad key", 1, WHY);
    inner.say = (s) => s.module("tcp_bbr", WHY);
    const problems: Problem[] = [];
    expect(compileHost(own, problems).modules.map((m) => [m.key, m.origin])).toEqual([["tcp_bbr", "lab/node-0/Inner"]]);
    expect(problems.map((p) => [p.code, p.path])).toEqual([["NL-SYSCTL-KEY", "lab/node-0/Outer"]]);
  });

  it("gives a path to what value classes refuse, which know of no constructs", () => {
    const own = new Host(testStack("lab"), "node-0");
    new Feature(own, "F").say = () => void networkInterface({ id: "a/b" });
    const problems: Problem[] = [];
    compileHost(own, problems);
    expect(problems[0]).toMatchObject({ code: "NL-INTERFACE-NAME", path: "lab/node-0/F" });
  });

  it("knows features of another copy of the library by their mark", () => {
    expect(HostFeature.isHostFeature(Object.assign(host, {}))).toBe(false);
    expect(HostFeature.isHostFeature(new Feature(new Host(testStack("lab"), "n"), "F"))).toBe(true);
  });

  it("carries what is known of the machine", () => {
    const own = new Host(testStack("lab"), "node-0", {
      kernel: "6.8",
      platform: Platform.nixos("25.11"),
      target: Target.ssh({ host: "198.51.100.7" }),
    });
    expect(compileHost(own, [])).toMatchObject({
      kernel: [6, 8],
      platform: { kind: "nixos", release: "25.11" },
      managementAddress: "198.51.100.7",
      policy: undefined,
    });
  });
});
