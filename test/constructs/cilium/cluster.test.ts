import { App, TerraformStack } from "cdktf";
import { describe, expect, it } from "vitest";
import {
  BandwidthManager,
  CiliumBGPClusterConfig,
  CiliumCluster,
  Delivery,
  Encryption,
  LoadBalancing,
  Routing,
} from "../../../lib/constructs/cilium";
import { podMtu } from "../../../lib/constructs/cilium/matrix/mtu";
import { BbrHost } from "../../../lib/constructs/transport";
import { JumboFabric } from "../../../lib/constructs/fabric";
import { WireGuardMesh } from "../../../lib/constructs/wireguard";
import { Host, Platform } from "../../../lib/constructs/host";
import { NetworkUse } from "../../../lib/host";
import { buildValues } from "../../../lib/constructs/cilium/values/build";
import { clusterStack, codesOf, compile, fileOf, type PartialProps, type StackOptions } from "./support";

const fatal = (props: PartialProps, options?: StackOptions): readonly string[] =>
  compile(clusterStack(props, options).stack)
    .findings.filter(({ severity }) => severity === "error")
    .map(({ code }) => code);

describe("packet sizes", () => {
  /** The table of the facts: what is left of 1500 and 9000 bytes. */
  const TABLE: readonly (readonly [string, Parameters<typeof buildValues>[0], number, number])[] = [
    ["native routing", { routing: Routing.native() }, 1500, 9000],
    ["VXLAN", { routing: Routing.vxlan() }, 1450, 8950],
    ["Geneve", { routing: Routing.geneve() }, 1450, 8950],
    ["VXLAN over IPv6", { routing: Routing.vxlan({ underlay: "ipv6" }) }, 1430, 8930],
    ["DSR by Geneve", { routing: Routing.geneve(), loadBalancing: LoadBalancing.dsr() }, 1438, 8938],
    ["WireGuard", { routing: Routing.native(), encryption: Encryption.wireguard() }, 1405, 8905],
    ["WireGuard around VXLAN", { encryption: Encryption.wireguard() }, 1355, 8855],
    ["DSR by IPIP", { routing: Routing.native(), loadBalancing: LoadBalancing.dsrBy("ipip") }, 1480, 8980],
  ];
  it("of IPsec, which only Helm values beside the intent ask for, lose what the agent takes for ESP", () => {
    const values = { encryption: { enabled: true, type: "ipsec" } };
    expect(podMtu({ ...values, routingMode: "native" }, 1500)).toMatchObject({ device: 1500, route: 1423 });
    expect(podMtu(values, 9000)).toMatchObject({ device: 9000, route: 9000 - 50 - 77 });
  });

  for (const [name, intent, standard, jumbo] of TABLE) {
    it(`of ${name} are ${standard} and ${jumbo}, while devices keep the underlay's`, () => {
      const values = buildValues(intent).toTree();
      expect(podMtu(values, 1500)).toMatchObject({ device: 1500, route: standard });
      expect(podMtu(values, 9000)).toMatchObject({ device: 9000, route: jumbo });
    });
  }

  it("follow a stated underlay MTU, and the network of the cluster", () => {
    expect(podMtu(buildValues({ mtu: 8000 }).toTree(), 9000)).toMatchObject({ device: 8000, route: 7950 });
    expect(clusterStack({}).cluster.podMtu().route).toBe(8950);
    expect(JSON.parse(fileOf(compile(clusterStack({}).stack), "k8s/derived.json")).podMtu.route).toBe(8950);
  });

  it("leave MTU unset, since the agent takes it from the devices that are named", () => {
    expect(clusterStack({}).cluster.clusterPlan().values).not.toHaveProperty("MTU");
  });
});

describe("the nodes of a cluster", () => {
  const ports = (props: PartialProps, options?: StackOptions): readonly string[] =>
    compile(clusterStack(props, options).stack).hosts[0]!.resolved.openPorts.map(({ key }) => key);

  it("open the ports of what is on, on the cluster's port only", () => {
    expect(ports({ routing: Routing.native(), hubble: false })).toEqual([
      "tcp/10250/exp0",
      "tcp/4240/exp0",
      "tcp/6443/exp0",
    ]);
    const all = ports({
      encryption: Encryption.wireguard(),
      prometheus: true,
      hubble: { metrics: ["dns"] },
      bgp: true,
    });
    expect(all).toEqual(
      expect.arrayContaining([
        "udp/8472/exp0",
        "udp/51871/exp0",
        "tcp/4244/exp0",
        "tcp/9962/exp0",
        "tcp/9963/exp0",
        "tcp/9965/exp0",
      ]),
    );
    expect(ports({ routing: Routing.geneve({ port: 7000 }) })).toContain("udp/7000/exp0");
    expect(all).not.toContain("tcp/179/exp0");
    const listening = ports(
      { bgp: true },
      {
        also: (c) =>
          void new CiliumBGPClusterConfig(c, "b", {
            spec: { bgpInstances: [{ name: "b", localASN: 1, localPort: 179 }] },
          }),
      },
    );
    expect(listening).toContain("tcp/179/exp0");
  });

  it("load the modules of what is on; on NixOS all of them, because the agent cannot", () => {
    const modules = (nixos: boolean) =>
      compile(
        clusterStack(
          { routing: Routing.geneve(), bandwidthManager: BandwidthManager.bbr(), encryption: Encryption.wireguard() },
          { nixos },
        ).stack,
      ).hosts[0]!.resolved.modules.map(({ key }) => key);
    expect(modules(false)).toEqual(["sch_fq", "tcp_bbr", "wireguard"]);
    expect(modules(true)).toEqual(
      expect.arrayContaining([
        "cls_bpf",
        "geneve",
        "overlay",
        "sch_fq",
        "sch_ingress",
        "tcp_bbr",
        "wireguard",
        "xt_TPROXY",
      ]),
    );
  });

  it("keep networkd's hands off Cilium's routes, and reverse path filters loose", () => {
    const host = compile(clusterStack({}).stack).hosts[0]!.resolved;
    expect(host.files.find(({ key }) => key.endsWith("60-netloom-cilium.conf"))!.value.content).toBe(
      "[Network]\nManageForeignRoutes=no\nManageForeignRoutingPolicyRules=no\n",
    );
    expect(host.sysctls.find(({ key }) => key === "net.ipv4.conf.all.rp_filter")!.value).toBe("2");
  });

  it("state the ranges of pods and services, so that the whole fleet is checked against them", () => {
    const uses = compile(clusterStack({}).stack)
      .hosts[0]!.resolved.facts(NetworkUse)
      .map(({ value }) => `${value.kind} ${value.cidr}`);
    expect(uses).toEqual(expect.arrayContaining(["pod 10.42.0.0/16", "service 10.43.0.0/16"]));
  });

  it("are given both families where pods have both", () => {
    const { resolved } = compile(clusterStack({ podCidr6: "fd00:10:42::/56" }).stack).hosts[0]!;
    expect(String(resolved.units[0]!.value.service!["ExecStart"])).toContain("--node-ip=10.10.1.1,fd00:10:10::1");
  });
});

describe("a cluster on BBR hosts", () => {
  const onBbr = (
    bandwidthManager: ReturnType<typeof BandwidthManager.cubic> | ReturnType<typeof BandwidthManager.bbr> | undefined,
  ) => {
    const stack = new TerraformStack(new App({ outdir: "/nonexistent" }), "lab");
    const host = new BbrHost(stack, "node-0", {
      kernel: "6.12",
      interfaces: [{ id: "exp0", name: "enp94s0f0", mac: "02:00:00:00:00:01", addresses: ["10.10.1.1/24"] }],
    });
    const fabric = new JumboFabric(stack, "fabric", { members: [host], switchesCarryJumbo: true });
    new CiliumCluster(stack, "k8s", { nodes: [host], on: fabric, routing: Routing.native(), bandwidthManager });
    return codesOf(compile(stack));
  };

  it("agrees with them through the bandwidth manager with BBR, or without the manager", () => {
    expect(onBbr(BandwidthManager.bbr())).not.toContain("NL-CILIUM-W19");
    expect(onBbr(undefined)).not.toContain("NL-CILIUM-W19");
  });

  it("is refused with the manager in CUBIC, which would undo them", () => {
    expect(onBbr(BandwidthManager.cubic())).toContain("NL-CILIUM-W19");
  });
});

describe("a cluster beside a mesh of tunnels", () => {
  const meshOn = (listenPort: number, props: PartialProps): readonly string[] =>
    fatal(props, {
      also: (_, hosts) => {
        new WireGuardMesh(hosts[0]!.node.scope as TerraformStack, "mesh", {
          members: [...hosts],
          subnet: "10.66.0.0/24",
          port: listenPort,
        });
      },
    });

  it("is refused where both listen on one port, or the mesh within the NodePort range", () => {
    expect(meshOn(51871, { encryption: Encryption.wireguard() })).toContain("NL-CILIUM-PORTS");
    expect(meshOn(8472, {})).toContain("NL-CILIUM-PORTS");
    expect(meshOn(31000, {})).toContain("NL-CILIUM-PORTS");
    expect(meshOn(51820, { encryption: Encryption.wireguard() })).not.toContain("NL-CILIUM-PORTS");
    expect(meshOn(8472, { routing: Routing.native() })).not.toContain("NL-CILIUM-PORTS");
  });
});

describe("a cluster is refused", () => {
  it("when a stated MTU is larger than that of its ports", () => {
    expect(fatal({ mtu: 9000 }, { mtu: 1500 })).toContain("NL-CILIUM-MTU");
    expect(fatal({ mtu: 9000 }, { mtu: 9000 })).not.toContain("NL-CILIUM-MTU");
  });

  it("when a stated MTU is larger than 1500 and nobody gives it to the ports", () => {
    const build = (mtu: number): readonly string[] => {
      const stack = new TerraformStack(new App({ outdir: "/nonexistent" }), "lab");
      const port = { id: "exp0", name: "ens1", mac: "02:00:00:00:00:01", addresses: ["10.10.1.1/24"] };
      const host = new Host(stack, "n", { kernel: "6.12", interfaces: [port] });
      new CiliumCluster(stack, "k8s", { nodes: [host], mtu });
      return codesOf(compile(stack));
    };
    expect(build(9000)).toContain("NL-CILIUM-MTU");
    expect(build(1500)).not.toContain("NL-CILIUM-MTU");
  });

  it("when the kernel's name of a port is not known and Cilium would take the control port too", () => {
    const host = { interfaces: [{ id: "exp0", mac: "02:00:00:00:00:01", addresses: ["10.10.1.1/24"] }] };
    expect(fatal({}, { nodes: 1, host })).toContain("NL-CILIUM-DEVICES");
    expect(fatal({ devices: ["enp+"] }, { nodes: 1, host })).not.toContain("NL-CILIUM-DEVICES");
  });

  it("when its pod range has no room for its nodes", () => {
    expect(fatal({ podCidr: "10.42.0.0/23" }, { nodes: 3 })).toContain("NL-CILIUM-POD-CIDR");
    expect(fatal({ podCidr: "10.42.0.0/22" }, { nodes: 3 })).not.toContain("NL-CILIUM-POD-CIDR");
  });

  it("when pods shall have IPv6 and a node has none", () => {
    const host = { interfaces: [{ id: "exp0", name: "exp0", mac: "02:00:00:00:00:01", addresses: ["10.10.1.1/24"] }] };
    expect(fatal({ podCidr6: "fd00:10:42::/56" }, { nodes: 1, host })).toContain("NL-CILIUM-IPV6");
    expect(fatal({ podCidr6: "fd00:10:42::/56" })).toEqual([]);
  });

  it("without nodes, with a server that is none of them, or with a node off its network", () => {
    expect(() => clusterStack({}, { nodes: 0 })).toThrow(/NL-CILIUM-NODES/);
    const { stack, hosts, fabric } = clusterStack({});
    const stranger = new Host(stack, "stranger", { platform: Platform.linux() });
    expect(() => new CiliumCluster(stack, "a", { nodes: hosts, servers: [stranger] })).toThrow(
      /a server must be one of the nodes/,
    );
    expect(() => new CiliumCluster(stack, "b", { nodes: [stranger], on: fabric })).toThrow(/NL-CILIUM-OFF-NETWORK/);
  });
});

describe("a cluster's files", () => {
  it("are the same for the same stack", () => {
    const files = () =>
      compile(clusterStack({ routing: Routing.native(), delivery: Delivery.k3s() }).stack).files.entries();
    expect(JSON.stringify(files())).toBe(JSON.stringify(files()));
  });

  it("hold no token and no secret", () => {
    const compiled = compile(clusterStack({ delivery: Delivery.k3s({ tokenFile: "/etc/rancher/k3s/token" }) }).stack);
    const text = JSON.stringify([compiled.files.entries(), compiled.hosts.map(({ generation }) => [...generation])]);
    expect(text).not.toMatch(/K10[0-9a-f]|--token(?!-file)|"token":/);
  });
});
