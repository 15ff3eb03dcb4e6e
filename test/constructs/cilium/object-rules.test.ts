import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CiliumBGPAdvertisement,
  CiliumBGPPeerConfig,
  type CiliumCluster,
  CiliumEgressGatewayPolicy,
  CiliumLoadBalancerIPPool,
  CiliumNetworkPolicy,
} from "../../../lib/constructs/cilium";
import { objectSchemaProblems } from "../../../lib/constructs/cilium/schema";
import { clusterStack, compile, type PartialProps } from "./support";

const EVERYTHING: PartialProps = { bgp: true, l2Announcements: {}, egressGateway: true };

/** Findings of a cluster with everything on and the given objects. */
function found(also: (cluster: CiliumCluster) => void, props: PartialProps = EVERYTHING): readonly string[] {
  const { findings } = compile(clusterStack(props, { also }).stack);
  return findings.filter(({ severity }) => severity === "error").map(({ code, what }) => `${code} ${what}`);
}

describe("an object that does not fit its schema", () => {
  const policy = (spec: object) => found((cluster) => void new CiliumNetworkPolicy(cluster, "p", { spec } as never));

  it("is refused for an unknown field, which the API server would drop without a word", () => {
    expect(policy({ endpointSelector: {}, ingress: [{ fromEndpoint: [{}] }] })).toEqual([
      'NL-CILIUM-OBJECT CiliumNetworkPolicy does not fit its schema: spec.ingress.0: unknown field "fromEndpoint"',
    ]);
    expect(found((c) => void new CiliumLoadBalancerIPPool(c, "p", { spec: { cidrs: [] } } as never)).join()).toContain(
      'unknown field "cidrs"',
    );
  });

  it("is refused for a wrong enumeration, type, range or pattern", () => {
    expect(policy({ endpointSelector: {}, egress: [{ toEntities: ["internet"] }] }).join()).toContain("toEntities.0");
    expect(policy({ endpointSelector: {}, ingress: [{ toPorts: [{ ports: [{ port: 80 }] }] }] }).join()).toContain(
      "port: must be string",
    );
    expect(policy({ endpointSelector: {}, ingress: [{ fromCIDR: ["10.0.0.0/33"] }] }).join()).toContain("fromCIDR.0");
    expect(policy({ endpointSelector: {}, ingress: [{ toPorts: [{ ports: [{ port: "70000" }] }] }] }).join()).toContain(
      "port",
    );
    expect(
      found((c) => void new CiliumLoadBalancerIPPool(c, "p", { spec: { allowFirstLastIPs: false } } as never)).join(),
    ).toContain("allowFirstLastIPs");
  });

  it("is refused where exactly one of several fields must be given", () => {
    expect(policy({ ingress: [{}] }).join()).toContain("exactly one of the alternatives");
    expect(policy({ endpointSelector: {}, nodeSelector: {}, ingress: [{}] }).join()).toContain("exactly one");
  });
});

describe("patterns", () => {
  it("of names take no longer for a long name with a mistake in it", () => {
    const matchName = `${"a".repeat(5_000)}!`;
    const names = { toFQDNs: [{ matchName }], toPorts: [{ serverNames: [matchName] }] };
    // The published patterns try two ways for each letter, and would never end.
    expect(objectSchemaProblems("CiliumNetworkPolicy", policyWith(names)).length).toBeGreaterThan(0);
  });

  it("of names accept and refuse what the published ones do", () => {
    const published = { matchName: /^([-a-zA-Z0-9_]+[.]?)+$/, matchPattern: /^([-a-zA-Z0-9_*]+[.]?)+$/ };
    const name = fc.string({
      unit: fc.constantFrom("a", "Z", "0", "-", "_", ".", "*", "!"),
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.constantFrom("matchName", "matchPattern"), name, (field, text) => {
        const problems = objectSchemaProblems("CiliumNetworkPolicy", policyWith({ toFQDNs: [{ [field]: text }] }));
        expect(problems.length === 0).toBe(published[field as keyof typeof published].test(text));
      }),
    );
  });
});

function policyWith(egress: object): object {
  return {
    apiVersion: "cilium.io/v2",
    kind: "CiliumNetworkPolicy",
    metadata: { name: "p" },
    spec: { endpointSelector: {}, egress: [egress] },
  };
}

describe("the rules that the API server evaluates beside the schema", () => {
  const advertise = (one: object) =>
    found((c) => void new CiliumBGPAdvertisement(c, "a", { spec: { advertisements: [one] } } as never)).join();

  it("hold for policies without a rule", () => {
    expect(found((c) => void new CiliumNetworkPolicy(c, "p", {} as never)).join()).toContain(
      "spec or specs must be provided",
    );
  });

  it("hold for advertisements", () => {
    expect(advertise({ advertisementType: "Service" })).toContain("service field is required");
    expect(advertise({ advertisementType: "PodCIDR", service: { addresses: [] } })).toContain(
      "service field is not allowed",
    );
    expect(advertise({ advertisementType: "Interface" })).toContain("interface field is required");
    expect(advertise({ advertisementType: "PodCIDR", interface: { name: "lo" } })).toContain(
      "interface field is not allowed",
    );
    expect(advertise({ advertisementType: "PodCIDR", selector: {} })).toContain("selector field is not allowed");
    expect(advertise({ advertisementType: "PodCIDR" })).toBe("");
    expect(advertise({ advertisementType: "Interface", interface: { name: "lo" } })).toBe("");
  });

  it("hold for timers, with the defaults of what is left out", () => {
    const timers = (value: object) =>
      found((c) => void new CiliumBGPPeerConfig(c, "p", { spec: { timers: value } })).join();
    expect(timers({ holdTimeSeconds: 9 })).toContain("keepAliveTimeSeconds can not be larger");
    expect(timers({ holdTimeSeconds: 9, keepAliveTimeSeconds: 3 })).toBe("");
  });

  it("hold for egress gateways", () => {
    const gateway = (egressGateway: object) => {
      const spec = {
        selectors: [{}],
        destinationCIDRs: ["0.0.0.0/0"],
        egressGateway: { nodeSelector: {}, ...egressGateway },
      };
      return found((c) => void new CiliumEgressGatewayPolicy(c, "e", { spec } as never)).join();
    };
    expect(gateway({ egressIP: "10.0.0" })).toContain("egressIP must be a valid IP address");
    expect(gateway({ egressIP: "10.0.0.1", interface: "exp0" })).toContain("exclude each other");
    expect(gateway({ egressIP: "2001:db8::1" })).toBe("");
  });
});
