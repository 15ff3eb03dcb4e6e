import type { TerraformStack } from "cdktf";
import { describe, expect, it } from "vitest";
import {
  Host,
  JumboFabric,
  Rules,
  Topology,
  WireGuardKeys,
  WireGuardMesh,
  type WireGuardMeshProps,
} from "../../../lib";
import { expectHost, expectMesh, expectStack, parsePeerTable, synthToFiles, testStack } from "../../../lib/testing";
import { labHost, labHosts, labMesh, macOf } from "../../support/lab";

const KEY = "QHXPa3rVbOtLZpQKy6SgUeJgdCzeMHP5Vq3UhFR0pU0=";
const SUBNET = "10.66.0.0/24";

const meshOf = (count: number, props: Partial<WireGuardMeshProps> = {}) =>
  synthToFiles((stack) => {
    new WireGuardMesh(stack, "mesh", { subnet: SUBNET, members: labHosts(stack, count), ...props });
  });

describe("a full mesh", () => {
  const result = synthToFiles((stack) => void labMesh(stack));

  it("has 8920 bytes on a jumbo fabric and 1420 elsewhere", () => {
    expectMesh(result, "test/mesh").toHaveMtu(8920);
    expectMesh(meshOf(2), "test/mesh").toHaveMtu(1420);
  });

  it("gives every member one shared table, in which each has its address and endpoint", () => {
    const tables = [...result.files.keys()].filter((path) => path.startsWith("wireguard/"));
    expect(tables).toEqual(["wireguard/test-mesh.peers"]);
    const peers = parsePeerTable(result.files.get(tables[0]!)!);
    expect(peers.map((peer) => peer.endpoint)).toEqual([1, 2, 3].map((i) => `10.10.1.${i}:51820`));
    for (const peer of peers) expect(peer.allowedIps).toEqual([expect.stringMatching(/^10\.66\.0\.\d+\/32$/)]);
  });

  it("sends no keepalives where no NAT is declared", () => {
    expectMesh(result, "test/mesh").not.toKeepAlive("node-0");
    expect(result.files.get("wireguard/test-mesh.peers")).not.toContain("PersistentKeepalive");
  });

  it("opens its port on the port that carries the tunnels, and installs wg", () => {
    const host = expectHost(result, "node-0");
    host.toOpenPort({ protocol: "udp", port: 51820, interface: "exp0" });
    host.toHavePackage("wireguard-tools");
  });

  it("proves devices, handshakes and full-sized packets through the tunnels", () => {
    const host = expectHost(result, "node-0");
    host.toHaveCheck("wireguard", "wg0", 51820, 8920);
    host.toHaveCheck("wireguard-handshake", "wg0", 185);
    host.toHaveCheck("ping", /^10\.66\.0\./, 8892, "pass");
  });

  it("does not forward packets", () => {
    expectHost(result, "node-0").not.toHaveSysctl("net.ipv4.ip_forward");
  });

  it("has no key in any file, only places for keys", () => {
    for (const [path, text] of result.files) {
      if (!path.endsWith(".sh") && !path.endsWith(".cjs")) expect(text, path).not.toMatch(/[A-Za-z0-9+/]{43}=/);
    }
    expect(result.files.get("wireguard/test-mesh.peers")).toContain("PublicKey = @key:test/mesh/node-0@");
  });

  it("costs bytes in proportion to its members, not to their pairs", () => {
    const bytes = (count: number) => {
      const { files } = synthToFiles((stack) => {
        const mesh = new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.0/16" });
        for (let i = 0; i < count; i++) {
          const addresses = [`192.168.${1 + (i >> 7)}.${1 + (i & 127)}/16`];
          mesh.addMember(new Host(stack, `node-${i}`, { interfaces: [{ id: "exp0", mac: macOf(i), addresses }] }));
        }
      });
      const own = [...files].filter(([path]) => path.startsWith("wireguard/") || path.endsWith("/plan"));
      expect(own.length).toBe(count + 1);
      return own.reduce((sum, [, text]) => sum + text.length, 0);
    };
    const [small, large] = [bytes(50), bytes(200)];
    expect(large / small).toBeGreaterThan(3.5);
    expect(large / small).toBeLessThan(4.5);
  });
});

describe("members", () => {
  it("keep their addresses when another one joins", () => {
    const before = meshOf(3);
    const after = synthToFiles(
      (stack) => void new WireGuardMesh(stack, "mesh", { subnet: SUBNET, members: labHosts(stack, 4) }),
      { lock: before.lock },
    );
    for (const name of ["node-0", "node-1", "node-2"]) {
      expect(after.hosts.get(name)!.wireguard[0]!.value.addresses).toEqual(
        before.hosts.get(name)!.wireguard[0]!.value.addresses,
      );
    }
  });

  it("behind NAT have no endpoint, send keepalives, and need no address that others could reach", () => {
    const result = synthToFiles((stack) => {
      const [one] = labHosts(stack, 1);
      const mesh = new WireGuardMesh(stack, "mesh", { subnet: SUBNET });
      mesh.addMember(one!);
      const nat = new Host(stack, "nat", { interfaces: [{ id: "eth0", name: "eth0" }] });
      mesh.addMember(nat, { behindNat: true });
    });
    expectStack(result).toHaveNoErrors();
    const mesh = expectMesh(result, "test/mesh");
    mesh.toKeepAlive("nat", 25);
    mesh.not.toKeepAlive("node-0");
    const table = result.files.get("wireguard/test-mesh.peers")!;
    expect(parsePeerTable(table).find((peer) => peer.member === "nat")?.endpoint).toBeUndefined();
    const ofNat = parsePeerTable(result.files.get("wireguard/test-mesh-nat.peers")!);
    expect(ofNat.map(({ member, keepalive }) => [member, keepalive])).toEqual([
      ["nat", undefined],
      ["node-0", 25],
    ]);
  });

  it("behind NAT do not probe each other, since neither can call", () => {
    const result = synthToFiles((stack) => {
      const mesh = new WireGuardMesh(stack, "mesh", { subnet: SUBNET });
      for (const host of labHosts(stack, 2)) mesh.addMember(host, { behindNat: true });
    });
    expectHost(result, "node-0").not.toHaveCheck("ping");
    expectHost(result, "node-0").not.toHaveCheck("wireguard-handshake");
    expectHost(result, "node-0").toHaveNote(/neither side can call .* no tunnel between node-0 and 1 other member/);
  });

  it("behind NAT meet at the hub of a star, so nothing is missing there", () => {
    const result = synthToFiles((stack) => {
      const [hub, ...spokes] = labHosts(stack, 3);
      const mesh = new WireGuardMesh(stack, "mesh", { subnet: SUBNET, topology: Topology.hubAndSpoke(hub!) });
      mesh.addMember(hub!);
      for (const spoke of spokes) mesh.addMember(spoke, { behindNat: true });
    });
    expectHost(result, "node-1").not.toHaveNote(/neither side can call/);
  });

  it("with networks behind them forward packets of those networks' family, and others send them there", () => {
    const result = synthToFiles((stack) => {
      const [one, two] = labHosts(stack, 2);
      const mesh = new WireGuardMesh(stack, "mesh", { subnet: SUBNET });
      mesh.addMember(one!, { routes: ["192.168.7.0/24", "fd00:7::/64"] });
      mesh.addMember(two!);
    });
    const host = expectHost(result, "node-0");
    host.toHaveSysctl("net.ipv4.ip_forward", 1);
    host.toHaveSysctl("net.ipv6.conf.all.forwarding", 1);
    expectHost(result, "node-1").not.toHaveSysctl("net.ipv4.ip_forward");
    expectMesh(result, "test/mesh").toRoute("node-1", "192.168.7.0/24", "node-0");
  });

  it("that are managed elsewhere are known by their key, and get no pre-shared key", () => {
    const result = synthToFiles((stack) => {
      const mesh = new WireGuardMesh(stack, "mesh", {
        subnet: SUBNET,
        members: labHosts(stack, 1),
        presharedKeySecret: ".netloom/mesh.psk",
      });
      mesh.addPeer({ name: "laptop", publicKey: KEY, address: "10.66.0.200", endpoint: "laptop.example.net" });
    });
    expectStack(result).toHaveNoErrors();
    expect(result.files.get("wireguard/test-mesh.peers")).toContain(
      `# laptop\n# psk: none\n[Peer]\nPublicKey = ${KEY}\nAllowedIPs = 10.66.0.200/32\nEndpoint = laptop.example.net:51820\n`,
    );
    expect(JSON.parse(result.files.get("netloom.json")!).wireguard).toEqual({
      "test/mesh": { presharedKeys: { secret: ".netloom/mesh.psk" } },
    });
    expect(Object.keys(result.hosts.get("node-0")!)).not.toContain("laptop");
  });

  it.each([
    ["a name with a slash", "a/b"],
    ["an empty name", ""],
    ["a name that begins with a dash", "-a"],
  ])("cannot have %s", (_what, name) => {
    const mesh = new WireGuardMesh(testStack(), "mesh", { subnet: SUBNET });
    expect(() => mesh.addPeer({ name, publicKey: KEY })).toThrow("NL-MESH-MEMBER");
  });

  it.each(["host:0", "host:65536", "a b:1", "[fd00::1", "", ":51820", "http://x", "-x:1", "10.1:51820", "010.0.0.7"])(
    "cannot be reached at %j",
    (endpoint) => {
      const mesh = new WireGuardMesh(testStack(), "mesh", { subnet: SUBNET });
      expect(() => mesh.addPeer({ name: "x", publicKey: KEY, endpoint })).toThrow("NL-MESH-ENDPOINT");
    },
  );

  it.each([
    ["203.0.113.7", "203.0.113.7:51820"],
    ["203.0.113.7:4242", "203.0.113.7:4242"],
    ["fd00::1", "[fd00::1]:51820"],
    ["[FD00::1]:4242", "[fd00::1]:4242"],
    ["gate.example.net", "gate.example.net:51820"],
  ])("are reached at %s as %s", (endpoint, text) => {
    const result = synthToFiles((stack) => {
      const mesh = new WireGuardMesh(stack, "mesh", { subnet: SUBNET, members: labHosts(stack, 1) });
      mesh.addPeer({ name: "x", publicKey: KEY, endpoint });
    });
    expect(result.files.get("wireguard/test-mesh.peers")).toContain(`Endpoint = ${text}\n`);
  });
});

describe("hub and spoke", () => {
  const build = (stack: TerraformStack, more: Partial<WireGuardMeshProps> = {}) => {
    const hosts = labHosts(stack, 4);
    const topology = Topology.hubAndSpoke(hosts[0]!, hosts[1]!);
    const mesh = new WireGuardMesh(stack, "mesh", { subnet: SUBNET, topology, ...more });
    mesh.addMember(hosts[0]!);
    mesh.addMember(hosts[1]!);
    mesh.addMember(hosts[2]!, { behindNat: true, routes: ["192.168.7.0/24"] });
    mesh.addMember(hosts[3]!);
  };
  const result = synthToFiles((stack) => build(stack));
  const mesh = expectMesh(result, "test/mesh");

  it("lets spokes know hubs only", () => {
    mesh.toConnect("node-0", "node-1");
    mesh.toConnect("node-2", "node-0");
    mesh.toConnect("node-2", "node-1");
    mesh.not.toConnect("node-2", "node-3");
  });

  it("sends what is for other spokes, and for networks behind them, through the first hub", () => {
    mesh.toRoute("node-3", SUBNET, "node-0");
    mesh.toRoute("node-3", "192.168.7.0/24", "node-0");
    mesh.toRoute("node-0", "192.168.7.0/24", "node-2");
  });

  it("lets hubs forward, and spokes without networks not", () => {
    expectHost(result, "node-0").toHaveSysctl("net.ipv4.ip_forward", 1);
    expectHost(result, "node-3").not.toHaveSysctl("net.ipv4.ip_forward");
  });

  it("has as many tables as there are views, not as there are members", () => {
    expect([...result.files.keys()].filter((path) => path.endsWith(".peers"))).toEqual([
      "wireguard/test-mesh-hub.peers",
      "wireguard/test-mesh-spoke-nat.peers",
      "wireguard/test-mesh-spoke.peers",
    ]);
  });

  it("refuses to have no hub", () => {
    const none = meshOf(2, { topology: Topology.hubAndSpoke() });
    expectStack(none).toHaveFinding("NL-MESH-HUB");
  });
});

describe("both families", () => {
  it("carry IPv6 over IPv4, with an address of each for every member", () => {
    const result = meshOf(2, { subnet6: "fd00:66::/64" });
    const [device] = result.hosts.get("node-0")!.wireguard;
    expect(device!.value.addresses).toEqual([
      expect.stringMatching(/^10\.66\.0\.\d+\/24$/),
      expect.stringMatching(/^fd00:66::[0-9a-f:]+\/64$/),
    ]);
    expect(JSON.parse(result.lock).meshes["test/mesh"].members["node-0"]).toHaveProperty("address6");
  });

  it("run over IPv6, where an MTU of 1440 would be too much", () => {
    const build = (mtu?: number) =>
      synthToFiles((stack) => {
        const hosts = [0, 1].map(
          (i) =>
            new Host(stack, `node-${i}`, {
              interfaces: [{ id: "exp0", mac: macOf(i), addresses: [`fd00:10::${i + 1}/64`] }],
            }),
        );
        new WireGuardMesh(stack, "mesh", { subnet: "fd00:66::/64", members: hosts, mtu });
      });
    expectMesh(build(), "test/mesh").toHaveMtu(1420);
    expect(build().files.get("wireguard/test-mesh.peers")).toContain("Endpoint = [fd00:10::1]:51820");
    expectHost(build(), "node-0").toHaveCheck("ping", /^fd00:66:/, 1372, "pass");
    expectStack(build(1440)).toHaveFinding("NL-010", { message: "at most 1420" });
  });

  it("take 1440 where all endpoints are IPv4", () => {
    expectStack(meshOf(2, { mtu: 1440 })).toHaveNoErrors();
    expectStack(meshOf(2, { mtu: 1441 })).toHaveFinding("NL-010");
  });

  it("need 1280 to carry IPv6, unless somebody accepts that they do not", () => {
    const small = (accept: (stack: TerraformStack) => void) =>
      synthToFiles((stack) => {
        new WireGuardMesh(stack, "mesh", {
          subnet: SUBNET,
          subnet6: "fd00:66::/64",
          mtu: 1200,
          members: labHosts(stack, 2),
        });
        accept(stack);
      });
    expectStack(small(() => {})).toHaveFinding("NL-013", { message: "wg0 of node-0" });
    const accepted = small((stack) => Rules.acknowledge(stack, "NL-013", "the tunnel carries IPv4 for now"));
    expect(accepted.errors).toEqual([]);
  });

  it.each<[string, Partial<WireGuardMeshProps>, string]>([
    ["two subnets of one family", { subnet6: "10.67.0.0/24" }, "NL-MESH-SUBNET"],
    ["a port out of range", { port: 65536 }, "NL-MESH-PORT"],
    ["a device name that is too long", { device: "wireguard-device0" }, "NL-INTERFACE-NAME"],
    ["a key instead of a file", { presharedKeySecret: KEY }, "NL-PRIVATE-KEY"],
    ["a key directory that wg would read as an option", { keys: WireGuardKeys.directory("-x") }, "NL-MESH-KEY-FILE"],
  ])("refuse %s", (_what, props, code) => {
    expect(() => new WireGuardMesh(testStack(), "mesh", { subnet: SUBNET, ...props })).toThrow(
      new RegExp(`${code}[\\s\\S]*test/mesh`),
    );
  });

  it("report everything that is wrong at once", () => {
    const without = {} as { subnet: string };
    expect(() => new WireGuardMesh(testStack(), "mesh", without)).toThrow(
      /^NL-CIDR: this is not an IP network\n {2}at: .*mesh\n.*\n {2}fix: {5}subnet: "10.66.0.0\/24"$/,
    );
    const props = { subnet: "10.66.0.1/24", subnet6: "x", port: 0, device: "a/b", mtu: 1 };
    expect(() => new WireGuardMesh(testStack(), "mesh", props)).toThrow(
      /NL-MESH-PORT[\s\S]*NL-INTERFACE-NAME[\s\S]*NL-CIDR[\s\S]*NL-CIDR[\s\S]*NL-MTU-RANGE/,
    );
  });
});

describe("keys", () => {
  it("are made on the host, or come from a directory whose name stays out of the files for the host", () => {
    const result = meshOf(2, { keys: WireGuardKeys.directory(".netloom/keys") });
    const index = JSON.parse(result.files.get("netloom.json")!);
    expect(index.hosts["node-0"].keys).toEqual([
      {
        device: "wg0",
        mesh: "test/mesh",
        member: "node-0",
        epoch: 1,
        directory: ".netloom/keys",
      },
    ]);
    for (const [path, text] of result.files) {
      if (path.startsWith("hosts/")) expect(text, path).not.toContain(".netloom/keys");
    }
    const made = JSON.parse(meshOf(2).files.get("netloom.json")!);
    expect(made.hosts["node-0"].keys).toEqual([{ device: "wg0", mesh: "test/mesh", member: "node-0", epoch: 1 }]);
  });
});

describe("a mesh over a fabric", () => {
  it("uses the ports of the fabric, also where hosts have others", () => {
    const result = synthToFiles((stack) => {
      const hosts = [0, 1].map(
        (i) =>
          new Host(stack, `node-${i}`, {
            interfaces: [
              { id: "a", mac: macOf(i), addresses: [`10.1.0.${i + 1}/24`] },
              { id: "b", mac: macOf(9 + i), addresses: [`10.2.0.${i + 1}/24`] },
            ],
          }),
      );
      const fabric = new JumboFabric(stack, "fabric", { switchesCarryJumbo: true });
      for (const host of hosts) fabric.attachPort(host, { interface: "b" });
      new WireGuardMesh(stack, "mesh", { subnet: SUBNET, members: hosts, over: fabric });
    });
    expectStack(result).toHaveNoErrors();
    expect(result.files.get("wireguard/test-mesh.peers")).toContain("Endpoint = 10.2.0.1:51820");
    expectHost(result, "node-0").toOpenPort({ protocol: "udp", port: 51820, interface: "b" });
  });

  it("can be made before its members have anything, and without members", () => {
    const empty = synthToFiles((stack) => void new WireGuardMesh(stack, "mesh", { subnet: SUBNET }));
    expectStack(empty).toHaveNoErrors();
    expect(empty.lock).toBe("");
    const late = testStack();
    const mesh = new WireGuardMesh(late, "mesh", { subnet: SUBNET });
    mesh.addMember(new Host(late, "node-0", labHost(0)));
    expectMesh(synthToFiles(late), "test/mesh").toHaveMembers("node-0");
  });
});

describe("what passes through a member", () => {
  const star = (props: { readonly behindNat: boolean }) =>
    synthToFiles((stack) => {
      const [hub, ...spokes] = labHosts(stack, 3);
      const mesh = new WireGuardMesh(stack, "mesh", { subnet: SUBNET, topology: Topology.hubAndSpoke(hub!) });
      mesh.addMember(hub!);
      for (const spoke of spokes) mesh.addMember(spoke, props);
    });
  const pings = (result: ReturnType<typeof star>, host: string) =>
    result.hosts
      .get(host)!
      .checks.filter(({ kind }) => kind === "ping")
      .map(({ args }) => args[0]);
  const addressOf = (result: ReturnType<typeof star>, host: string) =>
    result.hosts.get(host)!.wireguard[0]!.value.addresses[0]!.split("/")[0];

  it("is proved by spokes, which probe each other through the hub, also behind NAT", () => {
    for (const behindNat of [false, true]) {
      const result = star({ behindNat });
      expect(pings(result, "node-1")).toEqual([addressOf(result, "node-0"), addressOf(result, "node-2")]);
    }
  });

  it("has its way through the firewall of a hub, and none through that of a spoke", () => {
    const result = star({ behindNat: false });
    expect(result.files.get("hosts/node-0/root/etc/systemd/system/netloom-forwarding.service")).toContain(
      "ExecStart=/bin/sh /etc/netloom/scripts/forwarding open wg0\n",
    );
    expectHost(result, "node-0").toHaveCheck("forward", "wg0", "4");
    expect(result.files.has("hosts/node-1/root/etc/systemd/system/netloom-forwarding.service")).toBe(false);
    expectHost(result, "node-1").not.toHaveCheck("forward");
  });

  it("to a network behind a member is let through, and probed where that member has an address there", () => {
    const result = synthToFiles((stack) => {
      const [gateway, other] = [0, 1].map(
        (i) =>
          new Host(stack, `node-${i}`, {
            interfaces: [
              { id: "wan", mac: macOf(i), addresses: [`203.0.113.${i + 1}/24`] },
              { id: "lan", mac: macOf(i + 10), addresses: [`192.168.${i}.1/24`] },
            ],
          }),
      );
      const mesh = new WireGuardMesh(stack, "mesh", { subnet: SUBNET });
      mesh.addMember(gateway!, { interface: "wan", routes: ["192.168.0.0/24"] });
      mesh.addMember(other!, { interface: "wan" });
    });
    expect(pings(result, "node-1")).toEqual([addressOf(result, "node-0"), "192.168.0.1"]);
    expect(result.files.get("hosts/node-0/plan")).toMatch(/^wireguard\t.*\t-\t192\.168\.0\.0\/24$/m);
    expectHost(result, "node-0").toHaveCheck("wireguard-routes", "wg0", "192.168.0.0/24");
    expectHost(result, "node-1").toHaveCheck("wireguard-routes", "wg0", "-");
    expect(result.files.get("hosts/node-0/root/etc/systemd/system/netloom-forwarding.service")).toContain(
      "forwarding open wg0=192.168.0.0/24\n",
    );
  });
});

it("a device that somebody else made is only replaced when the mesh says so", () => {
  expect(meshOf(2).files.get("hosts/node-0/plan")).not.toContain("adopt");
  expect(meshOf(2, { adopt: true }).files.get("hosts/node-0/plan")).toMatch(/^adopt\twg0$/m);
});
