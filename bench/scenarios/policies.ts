import { rmSync } from "node:fs";
import { App, LocalBackend, TerraformStack } from "cdktf";
import { Applier, CiliumCluster, Deployment, Host } from "netloom";
import { CiliumNetworkPolicy, Routing } from "netloom/cilium";
import { stringify } from "yaml";
import { measured, type Sample } from "../measure";

/** A cluster of one node with many policies, each with an ingress and an egress rule. */
export function policies(count: number): Sample {
  for (const path of ["cdktf.out", "netloom.lock.json"]) rmSync(path, { recursive: true, force: true });
  return measured(() => clusterWith(count).app.synth(), "cdktf.out");
}

/** Prints the same objects with the YAML library alone, which is what the files are made with. */
export function policiesYaml(count: number): Sample {
  const objects = clusterWith(count)
    .cluster.objects()
    .map((object) => JSON.parse(JSON.stringify(object.toJson())) as unknown);
  return measured(() => {
    for (const object of objects) stringify(object);
  });
}

function clusterWith(count: number) {
  const app = new App({ outdir: "cdktf.out" });
  const stack = new TerraformStack(app, "policies");
  new LocalBackend(stack, { path: "terraform.tfstate" });
  new Deployment(stack, { applier: Applier.terraformData() });
  const node = new Host(stack, "node-0", {
    interfaces: [{ id: "exp0", mac: "02:00:00:00:00:01", addresses: ["10.10.1.1/24"] }],
  });
  const cluster = new CiliumCluster(stack, "k8s", {
    nodes: [node],
    podCidr: "10.42.0.0/16",
    routing: Routing.native(),
  });
  for (let i = 0; i < count; i++) policy(cluster, i);
  return { app, cluster };
}

function policy(cluster: CiliumCluster, i: number): void {
  new CiliumNetworkPolicy(cluster, `policy-${i}`, {
    metadata: { namespace: `ns-${i % 20}`, labels: { team: `team-${i % 7}` } },
    spec: {
      endpointSelector: { matchLabels: { app: `app-${i}` } },
      ingress: [
        {
          fromEndpoints: [{ matchLabels: { app: `caller-${i}` } }],
          toPorts: [{ ports: [{ port: String(1024 + i), protocol: "TCP" }] }],
        },
      ],
      egress: [{ toCIDR: [`10.200.${i % 256}.0/24`], toPorts: [{ ports: [{ port: "443", protocol: "TCP" }] }] }],
    },
  });
}
