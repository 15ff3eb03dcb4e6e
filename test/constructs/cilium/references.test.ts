import { describe, expect, it } from "vitest";
import {
  CiliumBGPAdvertisement,
  CiliumBGPClusterConfig,
  CiliumBGPNodeConfigOverride,
  CiliumBGPPeerConfig,
  CiliumCIDRGroup,
  type CiliumCluster,
  CiliumClusterwideNetworkPolicy,
  CiliumEgressGatewayPolicy,
  CiliumL2AnnouncementPolicy,
  CiliumLoadBalancerIPPool,
  CiliumLocalRedirectPolicy,
  CiliumNetworkPolicy,
  EastWest,
} from "../../../lib/constructs/cilium";
import { selects } from "../../../lib/constructs/cilium/objects/bgp-references";
import { Rules } from "../../../lib/rules";
import { clusterStack, compile, type PartialProps } from "./support";

function codes(props: PartialProps, also: (cluster: CiliumCluster) => void): readonly string[] {
  const { findings } = compile(clusterStack(props, { also }).stack);
  return [...new Set(findings.filter(({ severity }) => severity === "error").map(({ code }) => code))];
}

const pool = (cluster: CiliumCluster, id: string, ...blocks: object[]) =>
  new CiliumLoadBalancerIPPool(cluster, id, { spec: { blocks } });
const announced = (cluster: CiliumCluster) =>
  void new CiliumL2AnnouncementPolicy(cluster, "l2", { spec: { loadBalancerIPs: true } });
const L2: PartialProps = { l2Announcements: {} };

/** Codes for a pool of these blocks that is announced on the segment. */
function announcedPool(blocks: readonly object[]): readonly string[] {
  return codes(L2, (cluster) => {
    announced(cluster);
    pool(cluster, "a", ...blocks);
  });
}

describe("an object whose feature is off", () => {
  const cases: readonly [string, PartialProps, (c: CiliumCluster) => void][] = [
    ["L2 announcements", L2, announced],
    [
      "BGP",
      { bgp: true },
      (c) => void new CiliumBGPAdvertisement(c, "a", { spec: { advertisements: [{ advertisementType: "PodCIDR" }] } }),
    ],
    [
      "the egress gateway",
      { egressGateway: true },
      (c) =>
        void new CiliumEgressGatewayPolicy(c, "e", {
          spec: { selectors: [{}], destinationCIDRs: ["0.0.0.0/0"], egressGateway: { nodeSelector: {} } },
        }),
    ],
    [
      "local redirects",
      { localRedirect: true },
      (c) =>
        void new CiliumLocalRedirectPolicy(c, "l", {
          spec: {
            redirectFrontend: { serviceMatcher: { namespace: "a", serviceName: "b" } },
            redirectBackend: { localEndpointSelector: {}, toPorts: [{ port: "53", protocol: "UDP" }] },
          },
        }),
    ],
    [
      "the host firewall",
      { hostFirewall: true },
      (c) => void new CiliumClusterwideNetworkPolicy(c, "n", { spec: { nodeSelector: {}, ingress: [{}] } }),
    ],
  ];
  for (const [name, on, object] of cases) {
    it(`is refused for ${name}, and accepted when it is on`, () => {
      expect(codes({}, object)).toEqual(["NL-CILIUM-FEATURE-OFF"]);
      expect(codes(on, object)).toEqual([]);
    });
  }

  it("is refused for layer 7 rules without the proxy", () => {
    expect(
      codes({ l7Proxy: false }, (c) => void new CiliumNetworkPolicy(c, "d", { spec: EastWest.allowDns() })),
    ).toEqual(["NL-CILIUM-FEATURE-OFF"]);
  });
});

describe("a reference", () => {
  it("to a CIDR group that is not there is refused", () => {
    const policy = (c: CiliumCluster) =>
      void new CiliumNetworkPolicy(c, "p", {
        spec: { endpointSelector: {}, ingress: [{ fromCIDRSet: [{ cidrGroupRef: "vpn" }] }] },
      });
    expect(codes({}, policy)).toEqual(["NL-CILIUM-REFERENCE"]);
    expect(
      codes({}, (c) => {
        policy(c);
        new CiliumCIDRGroup(c, "vpn", { spec: { externalCIDRs: ["10.66.0.0/24"] } });
      }),
    ).toEqual([]);
  });

  const bgp =
    (peerConfig: string, label: string, override?: { instance: string; peer: string }) => (c: CiliumCluster) => {
      new CiliumBGPClusterConfig(c, "rack", {
        spec: {
          bgpInstances: [
            {
              name: "one",
              localASN: 64512,
              peers: [
                { name: "leaf", peerAddress: "10.10.1.250", peerASN: 64500, peerConfigRef: { name: peerConfig } },
              ],
            },
          ],
        },
      });
      new CiliumBGPPeerConfig(c, "leaf", {
        spec: { families: [{ afi: "ipv4", safi: "unicast", advertisements: { matchLabels: { to: label } } }] },
      });
      new CiliumBGPAdvertisement(c, "pods", {
        metadata: { labels: { to: "leaf" } },
        spec: { advertisements: [{ advertisementType: "PodCIDR" }] },
      });
      if (override)
        new CiliumBGPNodeConfigOverride(c, "node-0", {
          spec: { bgpInstances: [{ name: override.instance, peers: [{ name: override.peer }] }] },
        });
    };

  it("to a peer config, an advertisement, an instance or a peer that is not there is refused", () => {
    expect(codes({ bgp: true }, bgp("leaf", "leaf", { instance: "one", peer: "leaf" }))).toEqual([]);
    for (const wrong of [
      bgp("spine", "leaf"),
      bgp("leaf", "spine"),
      bgp("leaf", "leaf", { instance: "two", peer: "leaf" }),
      bgp("leaf", "leaf", { instance: "one", peer: "spine" }),
    ])
      expect(codes({ bgp: true }, wrong)).toEqual(["NL-CILIUM-REFERENCE"]);
  });

  it("by selector follows Kubernetes", () => {
    const labels = { a: "1", b: "2" };
    expect(selects({}, labels)).toBe(true);
    expect(selects({ matchLabels: { a: "2" } }, labels)).toBe(false);
    expect(selects({ matchExpressions: [{ key: "a", operator: "In", values: ["1"] }] }, labels)).toBe(true);
    expect(selects({ matchExpressions: [{ key: "c", operator: "NotIn", values: ["1"] }] }, labels)).toBe(true);
    expect(selects({ matchExpressions: [{ key: "a", operator: "DoesNotExist" }] }, labels)).toBe(false);
    expect(selects({ matchExpressions: [{ key: "a", operator: "Exists" }] }, labels)).toBe(true);
  });
});

describe("pools", () => {
  it("that overlap each other, nodes, pods or services are refused", () => {
    const with_ = (...blocks: object[]) => announcedPool(blocks);
    expect(with_({ cidr: "192.0.2.0/24" })).toEqual([]);
    for (const cidr of ["10.10.1.0/24", "10.42.7.0/24", "10.43.0.0/24"])
      expect(with_({ cidr }), cidr).toEqual(["NL-CILIUM-POOL-OVERLAP"]);
    expect(with_({ start: "192.0.2.10", stop: "192.0.2.20" }, { cidr: "192.0.2.16/28" })).toEqual([
      "NL-CILIUM-POOL-OVERLAP",
    ]);
    expect(with_({ start: "192.0.2.10", stop: "192.0.2.15" }, { cidr: "192.0.2.16/28" })).toEqual([]);
  });

  it("with blocks that are no range are refused", () => {
    for (const block of [
      { start: "192.0.2.20", stop: "192.0.2.10" },
      { start: "192.0.2.1", stop: "fd00::1" },
      {},
      { cidr: "192.0.2.0/24", start: "192.0.2.1" },
    ])
      expect(announcedPool([block]), JSON.stringify(block)).toContain("NL-CILIUM-POOL");
  });

  it("that nobody announces are refused, and so are announcements of nothing", () => {
    expect(codes({}, (c) => void pool(c, "a", { cidr: "192.0.2.0/24" }))).toEqual(["NL-CILIUM-POOL-SILENT"]);
    expect(codes(L2, (c) => void new CiliumL2AnnouncementPolicy(c, "l2", { spec: {} }))).toEqual(["NL-CILIUM-L2-IDLE"]);
  });
});

describe("policies", () => {
  it("that allow names without DNS through the proxy are refused", () => {
    const names = { endpointSelector: {}, egress: [{ toFQDNs: [{ matchName: "example.org" }] }] };
    expect(codes({}, (c) => void new CiliumNetworkPolicy(c, "p", { spec: names }))).toEqual(["NL-CILIUM-FQDN"]);
    expect(codes({}, (c) => void new CiliumNetworkPolicy(c, "p", { specs: [names, EastWest.allowDns()] }))).toEqual([]);
  });

  it("of one name and namespace are refused, of two namespaces not", () => {
    const two = (namespace: string) => (c: CiliumCluster) => {
      new CiliumNetworkPolicy(c, "a", { metadata: { name: "p" }, spec: EastWest.sameNamespace() });
      new CiliumNetworkPolicy(c, "b", { metadata: { name: "p", namespace }, spec: EastWest.sameNamespace() });
    };
    expect(codes({}, two("default"))).toEqual(["NL-CILIUM-OBJECT-TWICE"]);
    expect(codes({}, two("other"))).toEqual([]);
  });
});

it("a finding is accepted with a reason, which stays in the output", () => {
  const { stack, cluster } = clusterStack({}, { also: (c) => void pool(c, "a", { cidr: "192.0.2.0/24" }) });
  Rules.acknowledge(cluster, "NL-CILIUM-POOL-SILENT", "the router has a static route to the pool");
  const finding = compile(stack).findings.find(({ code }) => code === "NL-CILIUM-POOL-SILENT")!;
  expect(finding.acknowledged).toBe("the router has a static route to the pool");
});
