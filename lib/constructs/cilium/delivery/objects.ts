import type { ValueTree } from "../data";
import { printYaml } from "../yaml";
import { CHART } from "./chart";
import type { ArgoCdDelivery, FluxDelivery } from "./delivery";

/** Plain object for a manifest. */
export type ManifestObject = { readonly [field: string]: unknown };

/**
 * The object from which k3s and RKE2 install the chart. `valuesContent` is understood by every release; `bootstrap`
 * lets the job run before there is a network; the default failure policy would uninstall the network on a failed upgrade.
 */
export function helmChart(values: ValueTree): ManifestObject {
  return {
    apiVersion: "helm.cattle.io/v1",
    kind: "HelmChart",
    metadata: { name: CHART.name, namespace: "kube-system" },
    spec: {
      repo: CHART.repo,
      chart: CHART.name,
      version: CHART.version,
      targetNamespace: CHART.namespace,
      bootstrap: true,
      failurePolicy: "abort",
      valuesContent: printYaml(values),
    },
  };
}

/** Source and release for Flux. */
export function fluxObjects(values: ValueTree, { options }: FluxDelivery): readonly ManifestObject[] {
  const namespace = options.namespace ?? "flux-system";
  const release = {
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: { name: CHART.name, namespace },
    spec: {
      interval: "1h",
      releaseName: CHART.name,
      targetNamespace: CHART.namespace,
      storageNamespace: CHART.namespace,
      ...(options.source === "oci"
        ? { chartRef: { kind: "OCIRepository", name: CHART.name } }
        : {
            chart: {
              spec: {
                chart: CHART.name,
                version: CHART.version,
                sourceRef: { kind: "HelmRepository", name: CHART.name },
              },
            },
          }),
      // A failed upgrade must not take the network away from the cluster that has to repair it.
      upgrade: { remediation: { retries: 3, strategy: "rollback" } },
      values,
    },
  };
  const source =
    options.source === "oci"
      ? {
          apiVersion: "source.toolkit.fluxcd.io/v1",
          kind: "OCIRepository",
          metadata: { name: CHART.name, namespace },
          spec: { interval: "1h", url: CHART.oci, ref: { tag: CHART.version } },
        }
      : {
          apiVersion: "source.toolkit.fluxcd.io/v1",
          kind: "HelmRepository",
          metadata: { name: CHART.name, namespace },
          spec: { interval: "1h", url: CHART.repo },
        };
  return [source, release];
}

/** Application for Argo CD; objects of Cilium's own kinds come in a later wave, when the operator has made the CRDs. */
export function argoApplication(values: ValueTree, { options }: ArgoCdDelivery): ManifestObject {
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Application",
    metadata: {
      name: CHART.name,
      namespace: options.namespace ?? "argocd",
      annotations: { "argocd.argoproj.io/sync-wave": "-1" },
    },
    spec: {
      project: options.project ?? "default",
      source: {
        repoURL: CHART.repo,
        chart: CHART.name,
        targetRevision: CHART.version,
        helm: { releaseName: CHART.name, valuesObject: values },
      },
      destination: { server: "https://kubernetes.default.svc", namespace: CHART.namespace },
      syncPolicy: { syncOptions: ["ServerSideApply=true"] },
    },
  };
}
