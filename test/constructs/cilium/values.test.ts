import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import {
  BandwidthManager,
  type CiliumIntent,
  Delivery,
  Encryption,
  Ipam,
  LoadBalancing,
  Routing,
} from "../../../lib/constructs/cilium";
import type { ValueTree } from "../../../lib/constructs/cilium/data";
import { buildValues } from "../../../lib/constructs/cilium/values/build";
import { unknownPaths } from "../../../lib/constructs/cilium/values/paths";
import { eachLeaf, mergeValues, valueAt } from "../../../lib/constructs/cilium/values/entries";
import { NetloomError } from "../../../lib/errors";
import { Duration } from "../../../lib/units";
import {
  clusterStack,
  codesOf,
  compile,
  FIXTURES,
  fileOf,
  itWithFixtures,
  type PartialProps,
  type StackOptions,
} from "./support";

const fixture = (name: string): string => readFileSync(join(FIXTURES, name), "utf8");
const h1 = { apiServer: { host: "h", port: 1 }, kubeProxy: "absent" } as const;
const CHART_IPAM = { podCidr: "10.0.0.0/8", ipam: Ipam.clusterPool() };

/** For each profile that Cilium's own chart was rendered with, the same in words of this library. */
const GOLDEN: Readonly<Record<string, readonly [PartialProps, StackOptions]>> = {
  defaults: [
    {
      kubeProxyReplacement: false,
      hubble: { certificates: "helm" },
      delivery: Delivery.helm({ kubeProxy: "present" }),
      ...CHART_IPAM,
    },
    { onFabric: false },
  ],
  "geneve-dsr": [
    { routing: Routing.geneve(), loadBalancing: LoadBalancing.dsr({ maglev: true }), ...CHART_IPAM },
    { onFabric: false },
  ],
  "l2-bgp-egress": [
    {
      l2Announcements: {
        services: 100,
        leaseDuration: Duration.seconds(15),
        renewDeadline: Duration.seconds(5),
        retryPeriod: Duration.seconds(2),
      },
      bgp: true,
      egressGateway: true,
      delivery: Delivery.helm(h1),
      ...CHART_IPAM,
    },
    { onFabric: false },
  ],
  "native-bbr-dsr-maglev": [
    {
      routing: Routing.native(),
      bandwidthManager: BandwidthManager.bbr(),
      loadBalancing: LoadBalancing.dsr({ maglev: { tableSize: 65521, hashSeed: "JLfvgnHc2kaSUFaI" } }),
      mtu: 9000,
      hubble: { relay: true, ui: true, metrics: ["dns", "drop", "tcp", "flow", "icmp", "httpV2:exemplars=true"] },
      prometheus: true,
    },
    { nodes: 1 },
  ],
  "netkit-bigtcp-bbr": [
    {
      routing: Routing.native({ fromClusterPool: true }),
      podCidr6: "fd00:10:42::/104",
      ipam: Ipam.clusterPool(),
      podDevice: "netkit",
      bpf: { distributedLru: true, mapDynamicSizeRatio: 0.08, clockProbe: true },
      bigTcp: {},
      bandwidthManager: BandwidthManager.bbr(),
      hubble: false,
    },
    { onFabric: false, nic: "connectx-5" },
  ],
  "wireguard-node": [
    {
      masquerade: "iptables",
      encryption: Encryption.wireguard({ nodeEncryption: true, persistentKeepalive: Duration.seconds(0) }),
      hubble: { certificates: "helm" },
      delivery: Delivery.helm(h1),
      ...CHART_IPAM,
    },
    { onFabric: false },
  ],
};

/** Equal after the chart's defaults are laid below; the chart takes "", null and no value for the same. */
function meaning(values: ValueTree): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  eachLeaf(mergeValues(parse(fixture("values.yaml")) as ValueTree, values), (path, value) => {
    if (value !== null && value !== "") flat[path.join(".")] = value;
  });
  return flat;
}

describe("values of the golden profiles", () => {
  for (const [name, [props, options]] of Object.entries(GOLDEN)) {
    itWithFixtures(`a stack means the same as the profile ${name}`, () => {
      const { stack } = clusterStack(props, options);
      const { cluster } = { cluster: stack.node.findChild("k8s") } as {
        cluster: ReturnType<typeof clusterStack>["cluster"];
      };
      expect(meaning(cluster.clusterPlan().values)).toEqual(
        meaning(parse(fixture(`rendered/${name}.values.yaml`)) as ValueTree),
      );
    });
  }

  itWithFixtures(
    "every profile's values pass the chart's whole schema and are written as YAML that reads back the same",
    () => {
      const validate = new Ajv({ strict: false }).compile(JSON.parse(fixture("values.schema.json")));
      for (const [props, options] of Object.values(GOLDEN)) {
        const { stack, cluster } = clusterStack(props, options);
        const compiled = compile(stack);
        const written = parse(fileOf(compiled, "k8s/values.yaml"), { version: "1.1" });
        expect(validate(written), JSON.stringify(validate.errors)).toBe(true);
        expect(written ?? {}).toEqual(JSON.parse(JSON.stringify(cluster.clusterPlan().values)));
      }
    },
  );
});

describe("intent", () => {
  it("gives every value a reason, and no value that the chart would take anyway", () => {
    const entries = buildValues({
      routing: Routing.native(),
      loadBalancing: LoadBalancing.dsr(),
      hubble: { relay: true },
    });
    const reasons = entries.reasons();
    const leaves: string[] = [];
    eachLeaf(entries.toTree(), (path) => leaves.push(path.join(".")));
    expect([...reasons.keys()].sort()).toEqual(leaves.sort());
    expect(
      buildValues({ kubeProxyReplacement: false, podCidr: "10.0.0.0/8", hubble: { certificates: "helm" } }).toTree(),
    ).toEqual({});
  });

  it("derives the DSR dispatch from the routing", () => {
    const dispatch = (values: ValueTree) => valueAt(values, "loadBalancer.dsrDispatch");
    expect(dispatch(buildValues({ routing: Routing.native(), loadBalancing: LoadBalancing.dsr() }).toTree())).toBe(
      "opt",
    );
    expect(dispatch(buildValues({ routing: Routing.geneve(), loadBalancing: LoadBalancing.hybrid() }).toTree())).toBe(
      "geneve",
    );
    const beside = buildValues({ routing: Routing.native(), loadBalancing: LoadBalancing.dsrBy("geneve") }).toTree();
    expect(valueAt(beside, "tunnelProtocol")).toBe("geneve");
  });

  it("sizes the API rate of L2 announcements by services and renewals", () => {
    const values = buildValues({ l2Announcements: { services: 100 } }).toTree();
    expect(valueAt(values, "k8sClientRateLimit")).toEqual({ burst: 40, qps: 20 });
  });

  it("refuses sizes, seeds, ranges and families that the agent would die of", () => {
    const code = (run: () => unknown): string => {
      try {
        run();
      } catch (error) {
        if (error instanceof NetloomError) return error.problems[0]!.code;
        throw error;
      }
      return "accepted";
    };
    const balanced = (options: object) => () => buildValues({ loadBalancing: LoadBalancing.snat(options) });
    expect(code(balanced({ maglev: { tableSize: 1000 } }))).toBe("NL-CILIUM-MAGLEV");
    expect(code(balanced({ maglev: { hashSeed: "short" } }))).toBe("NL-CILIUM-MAGLEV");
    expect(code(balanced({ nodePortRange: [32767, 30000] }))).toBe("NL-CILIUM-NODEPORT");
    const announced = (seconds: object) => () =>
      buildValues({
        l2Announcements: Object.fromEntries(
          Object.entries(seconds).map(([name, value]) => [name, Duration.seconds(value)]),
        ),
      });
    for (const leases of [
      { leaseDuration: 5 },
      { renewDeadline: 15 },
      { renewDeadline: 2 },
      { renewDeadline: 0 },
      { renewDeadline: 3, retryPeriod: 2.5 },
      { retryPeriod: 0 },
    ])
      expect(code(announced(leases)), JSON.stringify(leases)).toBe("NL-CILIUM-L2-LEASE");
    expect(code(announced({ leaseDuration: 3, renewDeadline: 1, retryPeriod: 0.2 }))).toBe("accepted");
    expect(code(() => buildValues({ bpf: { mapDynamicSizeRatio: 2 } }))).toBe("NL-CILIUM-MAP-RATIO");
    expect(code(() => buildValues({ podCidr: "fd00::/64" }))).toBe("NL-CILIUM-CIDR");
    expect(code(() => buildValues({ podCidr: "10.42.0.1/16" }))).toBe("NL-CIDR");
  });

  it("cannot be typed for combinations that kill the agent", () => {
    // The assertions are the compiler's: each line fails the type check if it is accepted.
    const accepts = (intent: CiliumIntent): CiliumIntent => intent;
    // @ts-expect-error VXLAN carries no DSR
    accepts({ routing: Routing.vxlan(), loadBalancing: LoadBalancing.dsr() });
    // @ts-expect-error the default routing is VXLAN
    accepts({ loadBalancing: LoadBalancing.hybrid() });
    // @ts-expect-error a Geneve tunnel takes DSR only by Geneve
    accepts({ routing: Routing.geneve(), loadBalancing: LoadBalancing.dsrBy("opt") });
    // @ts-expect-error BBR for pods needs eBPF host routing
    accepts({ masquerade: "iptables", bandwidthManager: BandwidthManager.bbr() });
    // @ts-expect-error netkit needs eBPF host routing
    accepts({ masquerade: "iptables", podDevice: "netkit" });
    // @ts-expect-error BIG TCP needs eBPF host routing
    accepts({ kubeProxyReplacement: false, bigTcp: {} });
    // @ts-expect-error DSR needs the kube-proxy replacement
    accepts({ kubeProxyReplacement: false, routing: Routing.native(), loadBalancing: LoadBalancing.dsr() });
    // @ts-expect-error L2 announcements need the kube-proxy replacement
    accepts({ kubeProxyReplacement: false, l2Announcements: {} });
    // @ts-expect-error the egress gateway needs eBPF masquerading
    accepts({ masquerade: "iptables", egressGateway: true });
    // @ts-expect-error the UI needs the relay
    accepts({ hubble: { ui: true } });
    expect(accepts({ routing: Routing.geneve(), loadBalancing: LoadBalancing.dsrBy("geneve") }).routing!.kind).toBe(
      "geneve",
    );
  });
});

describe("extraValues", () => {
  const problems = (extraValues: ValueTree, allowUnknownPaths?: readonly string[]) =>
    compile(clusterStack({ extraValues, allowUnknownPaths }).stack).findings.filter(
      ({ code }) => code === "NL-CILIUM-S09" || code === "NL-CILIUM-VALUES",
    );

  it("win over what the intent gives", () => {
    const { cluster } = clusterStack({ extraValues: { bpf: { lbMapMax: 131072 }, kubeProxyReplacement: "true" } });
    expect(cluster.clusterPlan().values).toMatchObject({
      bpf: { lbMapMax: 131072, masquerade: true },
      kubeProxyReplacement: "true",
    });
  });

  it("name the nearest real path for one that nothing reads", () => {
    expect(problems({ bandwithManager: { enabled: true } })[0]!.allowed).toBe(
      "the nearest real path is bandwidthManager",
    );
    expect(problems({ bpf: { masqerade: true } })[0]!.allowed).toBe("the nearest real path is bpf.masquerade");
    expect(problems({ tunnelMTU: 9000 })[0]!.allowed).toBe("the nearest real path is MTU");
    expect(problems({ tunnel: "vxlan" })[0]!.what).toContain("removed");
    expect(problems({ MTU: { value: 9000 } })[0]!.value).toBe("MTU.value");
  });

  it("let through what is allowed by name, and content of fields that Kubernetes types", () => {
    expect(problems({ future: { feature: true } }, ["future"])).toEqual([]);
    expect(
      problems({
        operator: { affinity: { nodeAffinity: {} }, nodeSelector: { role: "infra" } },
        podLabels: { a: "b" },
      }),
    ).toEqual([]);
  });

  it("are held against the chart's types", () => {
    expect(problems({ MTU: "9000" })[0]!.what).toContain("MTU: must be integer");
    expect(problems({ bandwidthManager: "bbr" })[0]).toMatchObject({
      what: "a Helm value has the wrong type: bandwidthManager: must be object",
      value: "bbr",
      allowed: "{ bbr, bbrHostNamespaceOnly, enabled }",
    });
  });

  it("are judged by the rules like everything else", () => {
    expect(
      codesOf(compile(clusterStack({ extraValues: { encryption: { enabled: true, type: "wg" } } }).stack)),
    ).toContain("NL-CILIUM-S03");
  });
});

itWithFixtures("every value path of the chart is known", () => {
  const { paths } = JSON.parse(fixture("values-paths.json")) as { paths: Record<string, unknown> };

  const nested = (path: string): ValueTree =>
    path.split(".").reduceRight<unknown>((below, name) => ({ [name]: below }), null) as ValueTree;
  for (const path of Object.keys(paths)) {
    if (path.includes("kubernetes.io")) continue;
    expect(unknownPaths(nested(path)), path).toEqual([]);
  }
});
