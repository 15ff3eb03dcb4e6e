// Construct paths as names without a slash: never the same for two paths, and as they always were where nothing collides.
import { Construct } from "constructs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CiliumCluster, Host, JumboFabric, type RdmaNode, WireGuardMesh } from "../../lib";
import { Delivery } from "../../lib/constructs/cilium";
import { CollectiveTuning, QosPolicy } from "../../lib/constructs/rdma";
import type { TerraformStack } from "../../lib/synth/cdktf";
import { PathNames, pathNames } from "../../lib/host";
import { expectCluster, expectHost, expectMesh, expectStack, synthToFiles } from "../../lib/testing";
import { cluster } from "../constructs/rdma/support";
import { labHosts } from "../support/lab";

const joined = (path: string) => path.replaceAll("/", "-");

/** Ids that look alike once slashes are dashes, and now and then like the hash of another path. */
const id = fc.stringMatching(/^[ab-]{1,3}$/);
const paths = fc.uniqueArray(
  fc.array(id, { minLength: 1, maxLength: 4 }).map((ids) => ids.join("/")),
  { maxLength: 40 },
);

describe("names of paths", () => {
  it("differ for different paths, also where a path ends in the hash of another", () => {
    fc.assert(
      fc.property(paths, fc.nat(3), (some, turns) => {
        const hashes = some.slice(0, turns).map((path) => [...take(pathNames(path), 2)][1]!);
        const all = [...new Set([...hashes, ...some])];
        const names = new PathNames();
        expect(new Set(all.map((path) => names.of(path))).size).toBe(all.length);
      }),
    );
  });

  it("are the path with dashes for slashes where nobody else has that, whoever else comes", () => {
    fc.assert(
      fc.property(paths, (some) => {
        const names = new PathNames();
        const taken = new Set<string>();
        for (const path of some) {
          if (!taken.has(joined(path))) expect(names.of(path)).toBe(joined(path));
          taken.add(names.of(path));
        }
      }),
    );
  });

  it("are what they always were for paths without a dash in an id", () => {
    const plain = fc.uniqueArray(
      fc.array(fc.stringMatching(/^[ab]{1,3}$/), { minLength: 1, maxLength: 4 }).map((ids) => ids.join("/")),
    );
    fc.assert(
      fc.property(plain, (some) => {
        const names = new PathNames();
        expect(some.map((path) => names.of(path))).toEqual(some.map(joined));
      }),
    );
  });

  it("stay the same when asked for again, and tell parts apart that join to the same", () => {
    const names = new PathNames();
    const [one, other] = [names.of("lab/a", "b"), names.of("lab", "a-b")];
    expect(one).toBe("lab-a-b");
    expect(other).toMatch(/^lab-a-b-[0-9a-f]{8}$/);
    expect([names.of("lab/a", "b"), names.of("lab", "a-b")]).toEqual([one, other]);
    expect([names.has("lab", "a-b"), names.has("lab/a-b"), names.has("x")]).toEqual([true, false, false]);
  });
});

function* take<T>(items: Iterable<T>, count: number): Generator<T> {
  for (const item of items) {
    if (count-- <= 0) return;
    yield item;
  }
}

describe("constructs at paths that differ in a slash and a dash", () => {
  it("are two fabrics of one host", () => {
    const result = synthToFiles((stack) => {
      const interfaces = ["a", "b"].map((port, i) => ({ id: port, name: port, addresses: [`10.0.${i}.1/24`] }));
      const host = new Host(stack, "node-0", { interfaces });
      for (const [scope, name, port] of twins(stack)) {
        new JumboFabric(scope, name, { switchesCarryJumbo: true }).attachPort(host, { interface: port });
      }
    });
    expectStack(result).toHaveNoErrors();
    expectHost(result, "node-0").toHaveLink("a", { mtu: 9000 });
    expectHost(result, "node-0").toHaveLink("b", { mtu: 9000 });
  });

  it("are two meshes with a table each, as is one whose path ends like another's view", () => {
    const result = synthToFiles((stack) => {
      const hosts = labHosts(stack, 2);
      twins(stack).forEach(([scope, name], i) => {
        const props = { subnet: `10.${66 + i}.0.0/24`, port: 51820 + i, device: `wg${i}` };
        new WireGuardMesh(scope, name, { ...props, members: hosts });
      });
      const nat = new WireGuardMesh(stack, "m", { subnet: "10.80.0.0/24", port: 51830, device: "wg8" });
      for (const host of hosts) nat.addMember(host, { behindNat: host === hosts[1] });
      new WireGuardMesh(stack, "m-nat", { subnet: "10.81.0.0/24", port: 51831, device: "wg9", members: hosts });
    });
    expectStack(result).toHaveNoErrors();
    const tables = [...result.files.keys()].filter((file) => file.startsWith("wireguard/"));
    expect(tables.map((file) => file.replace(/-[0-9a-f]{8}\./, "-#."))).toEqual([
      "wireguard/test-a-b-#.peers",
      "wireguard/test-a-b.peers",
      "wireguard/test-m-nat-#.peers",
      "wireguard/test-m-nat.peers",
      "wireguard/test-m.peers",
    ]);
    for (const mesh of ["test/a/b", "test/a-b", "test/m-nat"]) expectMesh(result, mesh).toConnect("node-0", "node-1");
    const ranges = Object.fromEntries(
      result.hosts.get("node-1")!.wireguard.map(({ value }) => {
        const range = /AllowedIPs *= *(\S+)/.exec(result.files.get(`wireguard/${value.table}`)!)![1]!;
        return [value.mesh, range.replace(/\.\d+\/.*/, "")];
      }),
    );
    expect(ranges).toEqual({
      "test/a/b": "10.66.0",
      "test/a-b": "10.67.0",
      "test/m": "10.80.0",
      "test/m-nat": "10.81.0",
    });
  });

  it("are two policies on the ports of one host", () => {
    const result = synthToFiles((stack) => {
      const interfaces = ["a-b", "b"].map((port, i) => ({ id: port, name: port, addresses: [`10.0.${i}.1/24`] }));
      const host = new Host(stack, "node-0", { interfaces });
      const policy = new QosPolicy(stack, "q");
      policy.attach(host, { interface: "a-b", queues: "none" });
      new QosPolicy(stack, "q-a").attach(host, { interface: "b", queues: "none" });
    });
    expectStack(result).toHaveNoErrors();
    expect(result.hosts.get("node-0")!.nftables.map(({ key }) => key)).toHaveLength(2);
  });

  it("are two clusters with a folder each", () => {
    const result = synthToFiles((stack) => {
      const hosts = labHosts(stack, 2, { kernel: "6.12" });
      twins(stack).forEach(([scope, name], i) => {
        const delivery = Delivery.k3s({ serviceCidr: `10.${43 + i}.0.0/16` });
        new CiliumCluster(scope, name, {
          nodes: [hosts[i]!],
          delivery,
          podCidr: `10.${100 + i}.0.0/16`,
          extraValues: { debug: { enabled: i === 0 } },
        });
      });
    });
    expectStack(result).toHaveNoErrors();
    const folders = [...result.files.keys()].flatMap((file) => /^([^/]+)\/values\.yaml$/.exec(file)?.[1] ?? []);
    expect(folders).toEqual([expect.stringMatching(/^a-b-[0-9a-f]{8}$/), "a-b"]);
    expectCluster(result, "test/a/b").toHaveValue("debug.enabled", true);
    expectCluster(result, "test/a-b").toHaveValue("debug.enabled", false);
  });
});

describe("a construct that is given to a host twice", () => {
  it.each([
    [
      "a policy on one port",
      (stack: TerraformStack) => {
        const [host] = labHosts(stack, 1);
        const policy = new QosPolicy(stack, "twice");
        for (const queues of ["none", "none"] as const) policy.attach(host!, { queues });
      },
    ],
    [
      "a cluster that lists a node twice",
      (stack: TerraformStack) => {
        const [host] = labHosts(stack, 1);
        new CiliumCluster(stack, "twice", { nodes: [host!, host!] });
      },
    ],
  ])("is refused with its path and the host's: %s", (_what, build) => {
    expect(synthToFiles(build).errors.join("\n")).toMatch(/NL-FEATURE-TWICE[\s\S]*test\/twice[\s\S]*test\/node-0/);
  });

  it("is refused among the nodes of a job", () => {
    const also = (stack: TerraformStack, [node]: readonly RdmaNode[]) =>
      new CollectiveTuning(stack, "jobs", { nodes: [node!, node!] });
    expect(cluster({ also: (stack, nodes) => void also(stack, nodes) }).errors.join("\n")).toMatch(/NL-FEATURE-TWICE/);
  });
});

/** `test/a/b` and `test/a-b`, with a port of its own for each. */
function twins(stack: Construct): readonly (readonly [scope: Construct, id: string, port: string])[] {
  return [
    [new Construct(stack, "a"), "b", "a"],
    [stack, "a-b", "b"],
  ];
}
