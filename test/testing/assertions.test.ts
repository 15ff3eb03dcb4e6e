import { AssertionError } from "node:assert";
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { BbrHost, CiliumCluster, JumboFabric, Platform, Topology, WireGuardMesh } from "../../lib";
import { CiliumNetworkPolicy, EastWest, Routing } from "../../lib/constructs/cilium";
import { expectCluster, expectHost, expectMesh, expectStack, parsePeerTable, synthToFiles } from "../../lib/testing";
import { labHosts, labMesh, WAN } from "../support/lab";

const result = synthToFiles((stack) => {
  const { hosts } = labMesh(stack);
  const because = "the test wants it";
  hosts[0]!.route("exp0", { to: "10.20.0.0/16", via: "10.10.1.254", mtu: 1500 }, { because });
  hosts[0]!.file("/etc/example.conf", { content: "answer = 42\n" }, { because });
  hosts[0]!.unit("netloom-x.service", { service: { ExecStart: "/bin/true", Type: "oneshot" } }, { because });
  hosts[0]!.package({ debian: "ethtool", nix: "ethtool" }, { because });
  const port = { id: "exp0", mac: "02:00:00:00:09:01", addresses: ["10.99.0.1/24"] };
  new BbrHost(stack, "wan", { interfaces: [port], platform: Platform.nixos(), path: WAN }).nixos(
    "time.timeZone",
    "UTC",
    { because },
  );
});

/** The message of the assertion that `run` fails with. */
function messageOf(run: () => void): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(AssertionError);
    return (error as Error).message;
  }
  throw new Error("the assertion did not fail");
}

describe("expectHost", () => {
  const host = expectHost(result, "node-0");
  const wan = expectHost(result, "wan");

  it.each([
    ["toHaveSysctl", () => wan.toHaveSysctl("net.ipv4.tcp_congestion_control", "bbr")],
    ["toHaveSysctl without a value", () => wan.toHaveSysctl("net.core.default_qdisc")],
    ["toHaveModule", () => wan.toHaveModule("tcp_bbr")],
    ["toHaveLink", () => host.toHaveLink("exp0", { mtu: 9000 })],
    ["toHaveAddress", () => host.toHaveAddress("exp0", "10.10.1.1/24")],
    ["toHaveRoute", () => host.toHaveRoute("exp0", { to: "10.20.0.0/16", mtu: 1500 })],
    ["toHaveQdisc", () => wan.toHaveQdisc("exp0", "mq-fq")],
    ["toHaveFile", () => host.toHaveFile("/etc/example.conf")],
    ["toHaveFile with text", () => host.toHaveFile("/etc/example.conf", "answer = 42")],
    ["toHaveFile of a shared file", () => host.toHaveFile("/etc/netloom/scripts/firewall", "#!/bin/sh")],
    ["toHaveFile, negated, of a file that others share", () => wan.not.toHaveFile("/etc/netloom/scripts/firewall")],
    ["toHaveFile with an expression", () => host.toHaveFile("/etc/example.conf", /answer = \d+/)],
    ["toHaveUnit", () => host.toHaveUnit("netloom-x.service", { service: { ExecStart: "/bin/true" } })],
    ["toHaveWireGuard", () => host.toHaveWireGuard("wg0", { mtu: 8920, port: 51820 })],
    ["toOpenPort", () => host.toOpenPort({ protocol: "udp", port: 51820 })],
    ["toHavePackage", () => host.toHavePackage("ethtool")],
    ["toHaveCheck", () => host.toHaveCheck("path-mtu", "10.10.1.2", 9000)],
    ["toHaveCheck with an expression", () => host.toHaveCheck("wireguard-handshake", /^wg/)],
    ["toHaveNixosOption", () => wan.toHaveNixosOption("time.timeZone", "UTC")],
    ["not", () => host.not.toHaveModule("tcp_bbr")],
  ])("%s passes where it holds", (_name, run) => run());

  it.each([
    ["toHaveSysctl", () => wan.toHaveSysctl("net.ipv4.tcp_congestion_control", "cubic")],
    ["toHaveModule", () => host.toHaveModule("tcp_bbr")],
    ["toHaveLink", () => host.toHaveLink("exp0", { mtu: 1500 })],
    ["toHaveAddress", () => host.toHaveAddress("exp0", "10.10.1.2/24")],
    ["toHaveRoute", () => host.toHaveRoute("exp0", { to: "10.20.0.0/16", mtu: 9000 })],
    ["toHaveQdisc", () => host.toHaveQdisc("exp0", "mq-fq")],
    ["toHaveFile", () => host.toHaveFile("/etc/exampel.conf")],
    ["toHaveFile with text", () => host.toHaveFile("/etc/example.conf", "answer = 43")],
    ["toHaveUnit", () => host.toHaveUnit("netloom-x.service", { service: { ExecStart: "/bin/false" } })],
    ["toHaveWireGuard", () => host.toHaveWireGuard("wg1")],
    ["toOpenPort", () => host.toOpenPort({ protocol: "tcp", port: 51820 })],
    ["toHavePackage", () => host.toHavePackage("iperf3")],
    ["toHaveCheck", () => host.toHaveCheck("path-mtu", "10.10.1.2", 9001)],
    ["toHaveNixosOption", () => wan.toHaveNixosOption("time.timeZone", "CET")],
    ["toHaveNote", () => host.toHaveNote("nothing of the kind")],
    ["not", () => wan.not.toHaveModule("tcp_bbr")],
  ])("%s fails with an AssertionError where it does not hold", (_name, run) => {
    expect(messageOf(run)).toMatch(/^(did not expect|expected) that host (node-0|wan) /);
  });

  it("says what was wanted, what was found, and who set what may have been meant", () => {
    expect(messageOf(() => wan.toHaveSysctl("net.ipv4.tcp_congestion_contrl", "bbr"))).toBe(
      [
        "expected that host wan has sysctl net.ipv4.tcp_congestion_contrl",
        "  wanted: bbr",
        "  found:  nothing",
        "  near:   net.ipv4.tcp_congestion_control = bbr (test/wan/Bbr: models the path's rate and round trip instead of taking every loss for congestion)",
      ].join("\n"),
    );
    expect(messageOf(() => host.toHaveLink("exp0", { mtu: 1500 }))).toBe(
      [
        "expected that host node-0 sets on interface exp0",
        '  wanted: {"mtu":1500}',
        '  found:  {"mtu":9000}',
        "  near:   exp0 mtu = 9000 (test/node-0/Fabric-test-fabric: every port of test/fabric has the same MTU)",
      ].join("\n"),
    );
  });

  it("names the hosts there are when it is asked about another one", () => {
    expect(messageOf(() => expectHost(result, "node-01"))).toBe(
      [
        "expected that the stack has host node-01",
        "  found:  node-0, node-1, node-2, wan",
        "  near:   node-0, node-1, node-2",
      ].join("\n"),
    );
  });

  it("shows the errors of a broken stack instead of claiming that its hosts are missing", () => {
    const broken = synthToFiles((stack) => {
      const [host] = labHosts(stack, 1);
      host!.sysctl("net.ipv4.tcp_tw_recycle", 1, { because: "a guide from 2009" });
    });
    expect(messageOf(() => expectHost(broken, "node-0"))).toMatch(/it has errors[\s\S]*NL-034/);
  });
});

describe("expectMesh", () => {
  const mesh = expectMesh(result, "test/mesh");
  const hubs = synthToFiles((stack) => {
    const hosts = labHosts(stack, 3);
    const star = new WireGuardMesh(stack, "star", {
      subnet: "10.66.0.0/24",
      topology: Topology.hubAndSpoke(hosts[0]!),
    });
    star.addMember(hosts[0]!, { address: "10.66.0.1" });
    star.addMember(hosts[1]!, { behindNat: true, routes: ["192.168.7.0/24"] });
    star.addMember(hosts[2]!);
  });

  it("knows members, addresses, MTU, tunnels, routes and keepalives", () => {
    mesh.toHaveMembers("node-2", "node-0", "node-1");
    mesh.toHaveMtu(8920);
    mesh.toConnect("node-0", "node-2");
    const star = expectMesh(hubs, "test/star");
    star.toGiveAddress("node-0", "10.66.0.1");
    star.toGiveAddress("node-0", "10.66.0.1/24");
    star.toConnect("node-0", "node-1");
    star.not.toConnect("node-1", "node-2");
    star.toRoute("node-0", "192.168.7.0/24", "node-1");
    star.toRoute("node-2", "192.168.7.0/24", "node-0");
    star.toKeepAlive("node-1", 25);
    star.not.toKeepAlive("node-2");
  });

  it.each([
    ["members", () => mesh.toHaveMembers("node-0")],
    ["MTU", () => mesh.toHaveMtu(1420)],
    ["an unknown member", () => mesh.toConnect("node-0", "node-9")],
    ["an address", () => mesh.toGiveAddress("node-0", "10.66.0.255")],
    ["a route", () => mesh.toRoute("node-0", "10.0.0.0/8", "node-1")],
    ["keepalives", () => mesh.toKeepAlive("node-0")],
    ["a mesh that is not there", () => expectMesh(result, "test/mash")],
  ])("fails about %s", (_what, run) => {
    expect(messageOf(run)).toMatch(/^expected that (mesh test\/mesh|the stack has mesh)/);
  });

  it("never counts a member as its own peer", () => {
    mesh.not.toConnect("node-0", "node-0");
  });
});

describe("expectStack", () => {
  const broken = synthToFiles((stack) => {
    const [host] = labHosts(stack, 1);
    host!.sysctl("net.ipv4.tcp_mtu_probing", 7, { because: "more is better" });
  });

  it("finds errors and findings", () => {
    expectStack(result).toHaveNoErrors();
    expectStack(result).toHaveFile("netloom.json", '"schema": 2');
    expectStack(broken).not.toHaveNoErrors();
    expectStack(broken).toHaveError("tcp_mtu_probing");
    expectStack(broken).toHaveFinding("NL-035");
    expectStack(broken).toHaveFinding("NL-035", { path: "test/node-0/Direct", severity: "error", message: /0 to 2/ });
    expectStack(broken).not.toHaveFinding("NL-035", { path: "test/node-1" });
    expectStack(broken).not.toHaveFinding("NL-012");
  });

  it("shows what it found instead", () => {
    expect(messageOf(() => expectStack(broken).toHaveNoErrors())).toContain("NL-035");
    expect(messageOf(() => expectStack(broken).toHaveFinding("NL-036"))).toContain(
      "near:   NL-035 at test/node-0/Direct",
    );
    expect(messageOf(() => expectStack(result).toHaveError("x"))).toContain("found:  nothing");
    expect(messageOf(() => expectStack(result).toHaveFile("netloom.jsn"))).toContain("near:   netloom.json");
  });
});

describe("expectCluster", () => {
  const built = synthToFiles((stack) => {
    const hosts = labHosts(stack, 2);
    const fabric = new JumboFabric(stack, "fabric", { members: hosts, switchesCarryJumbo: true });
    const k8s = new CiliumCluster(stack, "k8s", {
      nodes: hosts,
      on: fabric,
      podCidr: "10.244.0.0/16",
      routing: Routing.native(),
      devices: ["ens+"],
    });
    new CiliumNetworkPolicy(k8s, "same", { metadata: { name: "same" }, spec: EastWest.sameNamespace() });
  });

  it("knows values and manifests", () => {
    expectStack(built).toHaveNoErrors();
    const cluster = expectCluster(built, "test/k8s");
    cluster.toHaveValue("routingMode", "native");
    cluster.toHaveValue("ipam.mode");
    cluster.not.toHaveValue("no.such.value");
    cluster.toHaveManifest("CiliumNetworkPolicy", "same");
    cluster.toHaveManifest("CiliumNetworkPolicy", "same", { spec: { endpointSelector: {} } });
    cluster.not.toHaveManifest("CiliumNetworkPolicy", "other");
  });

  it("shows what is there instead", () => {
    const cluster = expectCluster(built, "test/k8s");
    expect(messageOf(() => cluster.toHaveValue("routingMode", "tunnel"))).toMatch(
      /wanted: tunnel\n {2}found: {2}native/,
    );
    expect(messageOf(() => cluster.toHaveValue("routingMod", "native"))).toContain("near:   routingMode = native");
    expect(messageOf(() => cluster.toHaveManifest("CiliumNetworkPolicy", "sam"))).toContain(
      "near:   CiliumNetworkPolicy same",
    );
    expect(messageOf(() => expectCluster(built, "test/k9s"))).toMatch(/found: {2}test\/k8s/);
  });
});

describe("parsePeerTable", () => {
  it("reads what the renderer wrote", () => {
    const peers = parsePeerTable(result.files.get("wireguard/test-mesh.peers")!);
    expect(peers.map(({ member, publicKey, endpoint }) => [member, publicKey, endpoint])).toEqual(
      [0, 1, 2].map((i) => [`node-${i}`, `@key:test/mesh/node-${i}@`, `10.10.1.${i + 1}:51820`]),
    );
    expect(peers[0]!.allowedIps).toHaveLength(1);
  });
});

describe("the assertions without a test framework", () => {
  it("fail in a plain Node process as node:assert does", () => {
    const script = `
      const { synthToFiles, expectStack } = require("./lib/testing");
      expectStack(synthToFiles(() => { throw new Error("boom"); })).toHaveNoErrors();
    `;
    const run = spawnSync(process.execPath, ["--require", "tsx/cjs", "-e", script], { encoding: "utf8" });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("AssertionError [ERR_ASSERTION]: expected that the stack has no errors");
    expect(run.stderr).toContain("boom");
  });
});
