import type { ClusterPlan } from "../plan";
import { valueAt } from "../values/entries";
import { printYaml, printYamlDocuments } from "../yaml";
import { kubeadmInit } from "./kubeadm";
import { argoApplication, fluxObjects, helmChart } from "./objects";
import { installScript } from "./scripts";

/** A file of the cluster's folder. */
export interface DeliveryFile {
  readonly path: string;
  readonly content: string;
  readonly mode?: string;
}

/** What a delivery needs beside `values.yaml`. */
export function deliveryFiles(plan: ClusterPlan, podCidrs: readonly string[]): readonly DeliveryFile[] {
  const { delivery, values } = plan;
  switch (delivery.kind) {
    case "k3s":
      return [{ path: "k3s/cilium.yaml", content: printYaml(helmChart(values)) }];
    case "kubeadm": {
      const first = plan.servers[0]!;
      const node = {
        address: first.address,
        podCidr: podCidrs.join(","),
        withoutKubeProxy: valueAt(plan.complete, "kubeProxyReplacement") === true,
      };
      return [
        { path: "kubeadm/init.yaml", content: printYamlDocuments(kubeadmInit(delivery, node)) },
        { path: "install.sh", content: installScript(), mode: "0755" },
      ];
    }
    case "helm":
      return [{ path: "install.sh", content: installScript(), mode: "0755" }];
    case "flux":
      return [{ path: "flux/cilium.yaml", content: printYamlDocuments(fluxObjects(values, delivery)) }];
    case "argocd":
      return [{ path: "argocd/cilium.yaml", content: printYaml(argoApplication(values, delivery)) }];
  }
}
