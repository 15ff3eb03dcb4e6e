import { spawnSync } from "node:child_process";
import type { TerraformStack } from "cdktf";
import { describe, expect, it } from "vitest";
import { Host, Platform, Topology, WireGuardMesh } from "../../../lib";
import { mssClampBody } from "../../../lib/constructs/wireguard/mss-clamp";
import { expectHost, expectStack, type SynthResult, synthToFiles } from "../../../lib/testing";
import { labHost, labHosts } from "../../support/lab";
import { itWith, ROOT } from "../../support/tools";

const SUBNET = "10.66.0.0/24";
const TABLE = `table inet netloom-mss-wg0 {\n${mssClampBody("wg0")}}\n`;

const meshWith = (build: (mesh: WireGuardMesh, hosts: readonly Host[]) => void, hub = false): SynthResult =>
  synthToFiles((stack: TerraformStack) => {
    const hosts = labHosts(stack, 3);
    const topology = hub ? Topology.hubAndSpoke(hosts[0]!) : Topology.fullMesh();
    build(new WireGuardMesh(stack, "mesh", { subnet: SUBNET, topology }), hosts);
  });

const tablesOf = (result: SynthResult, host: string) => result.hosts.get(host)!.nftables.map((table) => table.key);

describe("members with networks behind them", () => {
  const result = meshWith((mesh, [one, two]) => {
    mesh.addMember(one!, { routes: ["192.168.7.0/24"] });
    mesh.addMember(two!);
  });

  it("lower the segment size of connections that they pass on, in both directions, with reason and source", () => {
    expectStack(result).toHaveNoErrors();
    expect(
      result.files.get("hosts/node-0/root/etc/netloom/inet-netloom-mss-wg0.nft"),
    ).toBe(`table inet netloom-mss-wg0 {
  chain forward {
    type filter hook forward priority mangle; policy accept;
    iifname "wg0" tcp flags syn tcp option maxseg size set rt mtu
    oifname "wg0" tcp flags syn tcp option maxseg size set rt mtu
  }
}
`);
    const [table] = result.hosts.get("node-0")!.nftables;
    expect(table!.because).toMatch(
      /^ends of connections that node-0 passes on do not know that test\/mesh carries 1420 bytes/,
    );
    expect(table!.source).toContain("nft_rt.c");
  });

  it("get the program that loads the table, and are checked for the table", () => {
    const host = expectHost(result, "node-0");
    host.toHavePackage("nftables");
    host.toHaveCheck("nft", "inet netloom-mss-wg0");
  });

  it("have it on NixOS among the tables of its own firewall", () => {
    const nixos = synthToFiles((stack) => {
      const mesh = new WireGuardMesh(stack, "mesh", { subnet: SUBNET });
      mesh.addMember(new Host(stack, "gate", { ...labHost(0), platform: Platform.nixos() }), {
        routes: ["fd00:7::/64"],
      });
    });
    const module = nixos.files.get("hosts/gate/host.nix")!;
    expect(module).toMatch(/nftables = \{[\s\S]*enable = true;/);
    expect(module).toMatch(
      /tables\.netloom-mss-wg0 = \{[\s\S]*oifname \\"wg0\\" tcp flags syn tcp option maxseg size set rt mtu/,
    );
    expect(module).not.toContain("pkgs.nftables");
  });

  it("are hubs too, when a network is behind a spoke", () => {
    const hub = meshWith((mesh, [one, two, three]) => {
      mesh.addMember(one!);
      mesh.addMember(two!, { routes: ["192.168.7.0/24"] });
      mesh.addMember(three!);
    }, true);
    expect(["node-0", "node-1", "node-2"].map((name) => tablesOf(hub, name))).toEqual([
      ["inet netloom-mss-wg0"],
      ["inet netloom-mss-wg0"],
      [],
    ]);
  });
});

describe("members without networks behind them", () => {
  const plain = meshWith((mesh, hosts) => {
    for (const host of hosts) mesh.addMember(host);
    mesh.addPeer({ name: "gate", publicKey: `${"A".repeat(42)}E=`, routes: ["192.168.9.0/24"] });
  });

  it("get no table, since both ends of their connections know the tunnel's MTU", () => {
    for (const name of ["node-0", "node-1", "node-2"]) {
      expect(tablesOf(plain, name)).toEqual([]);
      expectHost(plain, name).not.toHavePackage("nftables");
      expectHost(plain, name).not.toHaveCheck("nft");
    }
  });

  it("get none as hubs either: all devices of a mesh have one MTU", () => {
    const hub = meshWith((mesh, hosts) => {
      for (const host of hosts) mesh.addMember(host);
    }, true);
    expectHost(hub, "node-0").toHaveSysctl("net.ipv4.ip_forward", 1);
    expect(tablesOf(hub, "node-0")).toEqual([]);
  });
});

describe("the table", () => {
  itWith(["nft", ROOT], "is what nft takes, also for odd device names", () => {
    for (const device of ["wg0", "wg-lab.7_x"]) {
      const input = `table inet netloom-mss-${device} {\n${mssClampBody(device)}}\n`;
      const run = spawnSync("nft", ["-c", "-f", "-"], { input, encoding: "utf8" });
      expect(run.stderr).toBe("");
      expect(run.status).toBe(0);
    }
  });

  const inNamespace = (script: string) =>
    spawnSync("unshare", ["--net", "--mount", "bash", "--norc", "-euc", script], { encoding: "utf8", input: "" });

  /** A gateway between `lan` (MTU 1500) and `far`, which is behind a device with 1420 bytes and knows nothing of that. */
  const gateway = `
    mount -t tmpfs tmpfs /run
    ip netns add lan && ip netns add far
    ip link add wg0 mtu 1420 type veth peer name far0 netns far
    ip link add lan0 type veth peer name lan0 netns lan
    ip addr add 10.1.0.1/24 dev lan0 && ip addr add 10.2.0.1/24 dev wg0
    ip link set lan0 up && ip link set wg0 up
    ip -n lan addr add 10.1.0.2/24 dev lan0 && ip -n lan link set lan0 up && ip -n lan route add default via 10.1.0.1
    ip -n far addr add 10.2.0.2/24 dev far0 && ip -n far link set far0 up && ip -n far route add default via 10.2.0.1
    echo 1 >/proc/sys/net/ipv4/ip_forward
    for name in lan far; do
      ip netns exec $name nft 'table inet seen {
        chain input { type filter hook input priority 0; tcp flags syn tcp option maxseg size 1380 counter comment "clamped"; tcp flags syn tcp option maxseg size 1460 counter comment "whole"; }
      }'
    done`;
  const call = `
    ip netns exec lan timeout 5 bash -c 'exec 3<>/dev/tcp/10.2.0.2/9' 2>/dev/null || :
    ip netns exec far timeout 5 bash -c 'exec 3<>/dev/tcp/10.1.0.2/9' 2>/dev/null || :
    for name in far lan; do ip netns exec $name nft list table inet seen | grep counter | sed 's/.*size \\([0-9]*\\) counter packets \\([0-9]*\\).*/\\1 \\2/'; done`;

  itWith(["unshare", "ip", "nft", ROOT], "lowers 1460 to what fits into the tunnel, both ways", () => {
    expect(inNamespace(`${gateway}${call}`).stdout.trim().split("\n")).toEqual([
      "1380 0",
      "1460 1",
      "1380 0",
      "1460 1",
    ]);
    const clamped = inNamespace(`${gateway}\nnft '${TABLE}'\n${call}`);
    expect(clamped.stderr).toBe("");
    expect(clamped.stdout.trim().split("\n")).toEqual(["1380 1", "1460 0", "1380 1", "1460 0"]);
  });
});
