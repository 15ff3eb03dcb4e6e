import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TerraformStack, App } from "cdktf";
import Ajv from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import {
  AnycastAddresses,
  BgpPeering,
  CiliumBGPNodeConfigOverride,
  CiliumCIDRGroup,
  type CiliumCluster,
  CiliumClusterwideNetworkPolicy,
  CiliumEgressGatewayPolicy,
  CiliumL2AnnouncementPolicy,
  CiliumLocalRedirectPolicy,
  CiliumNetworkPolicy,
  CiliumNodeConfig,
  EastWest,
  KubernetesObject,
  NamespacePolicies,
} from "../../../lib/constructs/cilium";
import { isCidr, isIpv4 } from "../../../lib/constructs/cilium/net-formats";
import { clusterStack, compile, FIXTURES, itWithFixtures, type PartialProps } from "./support";

const EVERYTHING: PartialProps = {
  bgp: true,
  l2Announcements: {},
  egressGateway: true,
  localRedirect: true,
  hostFirewall: true,
};
const labels = (app: string) => ({ matchLabels: { app } });

/** One well-made object of each kind, together a cluster without a finding. */
function oneOfEach(cluster: CiliumCluster): void {
  new CiliumCIDRGroup(cluster, "offices", { spec: { externalCIDRs: ["198.51.100.0/24"] } });
  new CiliumNetworkPolicy(cluster, "web", {
    metadata: { namespace: "shop", labels: { team: "web" } },
    spec: {
      endpointSelector: labels("web"),
      ingress: [
        { fromCIDRSet: [{ cidrGroupRef: "offices" }], toPorts: [{ ports: [{ port: "443", protocol: "TCP" }] }] },
      ],
      egress: [{ toFQDNs: [{ matchName: "example.org" }] }, ...(EastWest.allowDns().egress ?? [])],
    },
  });
  new CiliumClusterwideNetworkPolicy(cluster, "nodes", {
    spec: { nodeSelector: {}, ingress: [{ fromEntities: ["cluster"] }] },
  });
  const peering = new BgpPeering(cluster, "rack", {
    localASN: 64512,
    peers: [{ name: "leaf", peerAddress: "10.10.1.250", peerASN: 64500 }],
    session: { timers: { holdTimeSeconds: 9, keepAliveTimeSeconds: 3 } },
  });
  new CiliumBGPNodeConfigOverride(cluster, "node-0", {
    spec: { bgpInstances: [{ name: "rack", peers: [{ name: "leaf", localAddress: "10.10.1.1" }] }] },
  });
  new AnycastAddresses(cluster, "anycast", { cidrs: ["192.0.2.0/28"], serviceSelector: labels("edge"), peering });
  new CiliumL2AnnouncementPolicy(cluster, "lan", { spec: { loadBalancerIPs: true, interfaces: ["^enp"] } });
  new CiliumEgressGatewayPolicy(cluster, "out", {
    spec: {
      selectors: [{ podSelector: labels("crawler") }],
      destinationCIDRs: ["0.0.0.0/0"],
      egressGateway: { nodeSelector: { matchLabels: { role: "gateway" } }, egressIP: "203.0.113.7" },
    },
  });
  new CiliumNodeConfig(cluster, "new-nodes", {
    spec: { nodeSelector: { matchLabels: { datapath: "netkit" } }, defaults: { "datapath-mode": "netkit" } },
  });
  new CiliumLocalRedirectPolicy(cluster, "dns", {
    spec: {
      redirectFrontend: { serviceMatcher: { namespace: "kube-system", serviceName: "kube-dns" } },
      redirectBackend: {
        localEndpointSelector: labels("node-dns"),
        toPorts: [{ port: "53", protocol: "UDP", name: "dns" }],
      },
    },
  });
}

/** Findings of a cluster with everything on and the given objects. */
function found(also: (cluster: CiliumCluster) => void, props: PartialProps = EVERYTHING): readonly string[] {
  const { findings } = compile(clusterStack(props, { also }).stack);
  return findings.filter(({ severity }) => severity === "error").map(({ code, what }) => `${code} ${what}`);
}

describe("objects", () => {
  it("of every kind together are a cluster without a finding", () => {
    expect(found(oneOfEach)).toEqual([]);
  });

  itWithFixtures("pass the schemas that Cilium publishes, closed here so that unknown fields show", () => {
    const { cluster } = clusterStack(EVERYTHING, { also: oneOfEach });
    const kinds = new Set<string>();
    for (const object of cluster.objects()) {
      const json = JSON.parse(JSON.stringify(object.toJson()));
      const version = object.apiVersion.split("/")[1]!;
      const file = join(FIXTURES, "crds", version, `${object.kind.toLowerCase().replace(/y$/, "ie")}s.yaml`);
      expect(existsSync(file), file).toBe(true);
      const schema = parse(readFileSync(file, "utf8")).spec.versions[0].schema.openAPIV3Schema;
      const validate = new Ajv({ strict: false, formats: FORMATS }).compile(closed(schema));
      expect(validate(json), `${object.kind} ${JSON.stringify(validate.errors)}`).toBe(true);
      kinds.add(object.kind);
    }
    expect(kinds.size).toBe(12);
  });

  it("are written to one file for each kind, sorted by namespace and name, and read back the same", () => {
    const { stack, cluster } = clusterStack(EVERYTHING, { also: oneOfEach });
    const compiled = compile(stack);
    const files = compiled.files.entries().filter(([path]) => path.startsWith("k8s/manifests/"));
    expect(files.map(([path]) => path)).toContain("k8s/manifests/ciliumnetworkpolicy.yaml");
    expect(files.length).toBe(12);
    const policy = cluster.objects().find(({ kind }) => kind === "CiliumNetworkPolicy")!;
    const text = compiled.files.get("k8s/manifests/ciliumnetworkpolicy.yaml")!.content;
    expect(parse(text, { version: "1.1" })).toEqual(JSON.parse(JSON.stringify(policy.toJson())));
  });

  it("outside of a cluster are refused, since nobody would write them", () => {
    const stack = new TerraformStack(new App({ outdir: "/nonexistent" }), "lab");
    expect(() => new CiliumCIDRGroup(stack, "g", { spec: { externalCIDRs: [] } })).toThrow(/NL-CILIUM-SCOPE/);
  });

  it("with names that Kubernetes refuses are refused with a name that it takes", () => {
    expect(() =>
      clusterStack({}, { also: (c) => void new CiliumCIDRGroup(c, "My_Group", { spec: { externalCIDRs: [] } }) }),
    ).toThrow(/"my-group"/);
    expect(() =>
      clusterStack(
        {},
        {
          also: (c) => void new CiliumCIDRGroup(c, "g", { metadata: { namespace: "x" }, spec: { externalCIDRs: [] } }),
        },
      ),
    ).toThrow(/NL-CILIUM-NAMESPACE/);
  });
});

describe("ready-made policies", () => {
  it("close a namespace and open names and listed calls, on both sides", () => {
    const { cluster } = clusterStack(
      {},
      {
        also: (c) =>
          void new NamespacePolicies(c, "shop", {
            namespace: "shop",
            allow: [{ from: { app: "web" }, to: { app: "api" }, ports: [8080], fromNamespace: "front" }],
          }),
      },
    );
    const objects = cluster.objects().map((object) => object.toJson());
    expect(objects.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
      "shop/shop-default-deny",
      "shop/shop-allow-dns",
      "shop/shop-allow-0-in",
      "front/shop-allow-0-out",
    ]);
    expect(objects[0]!["spec"]).toEqual({ endpointSelector: {}, ingress: [{}], egress: [{}] });
    expect(objects[2]!["spec"]).toEqual({
      endpointSelector: { matchLabels: { app: "api" } },
      ingress: [
        {
          fromEndpoints: [{ matchLabels: { app: "web", "k8s:io.kubernetes.pod.namespace": "front" } }],
          toPorts: [{ ports: [{ port: "8080", protocol: "TCP" }] }],
        },
      ],
    });
    expect(objects[3]!["spec"]).toMatchObject({
      egress: [{ toEndpoints: [{ matchLabels: { "k8s:io.kubernetes.pod.namespace": "shop" } }] }],
    });
    expect(cluster.objects().flatMap((object) => object.problems())).toEqual([]);
  });

  it("let pods of one namespace reach each other", () => {
    const { cluster } = clusterStack(
      {},
      { also: (c) => void new NamespacePolicies(c, "db", { namespace: "db", dns: false, sameNamespace: true }) },
    );
    expect(cluster.objects().map(({ metadata }) => metadata.name)).toEqual(["db-default-deny", "db-same-namespace"]);
    expect(cluster.objects().flatMap((object) => object.problems())).toEqual([]);
  });
});

it("an object of any other kind is written as it is", () => {
  const { stack } = clusterStack(
    {},
    {
      also: (c) =>
        void new KubernetesObject(c, "web", {
          apiVersion: "v1",
          kind: "Service",
          fields: { spec: { type: "LoadBalancer" } },
        }),
    },
  );
  expect(parse(compile(stack).files.get("k8s/manifests/service.yaml")!.content)).toMatchObject({
    kind: "Service",
    spec: { type: "LoadBalancer" },
  });
});

const FORMATS = {
  int32: true,
  int64: true,
  cidr: isCidr,
  ipv4: isIpv4,
  "idn-hostname": true,
  "date-time": true,
} as const;

/** Closes objects that list their fields, outside of alternatives, and makes Go's patterns readable. */
function closed(schema: unknown): object {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema as never;
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === "pattern") out[key] = String(value).replaceAll("\\PC", "\\P{C}");
    else if (key === "properties")
      out[key] = Object.fromEntries(Object.entries(value as object).map(([name, sub]) => [name, closed(sub)]));
    else if (["items", "additionalProperties"].includes(key)) out[key] = closed(value);
    else out[key] = value;
  }
  const { properties } = out as { properties?: Record<string, unknown> };
  if (properties !== undefined && Object.keys(properties).length > 0) out["additionalProperties"] ??= false;
  return out;
}
