/** The chart that the shipped schemas, paths and rules belong to. */
export const CHART = {
  name: "cilium",
  version: "1.20.0",
  repo: "https://helm.cilium.io/",
  oci: "oci://quay.io/cilium/charts/cilium",
  /** sha256 of the chart archive, as the repository's index lists it. */
  digest: "c5f013912360d1a334f44ef25f36da59ba3414cdb48f466ee12d0c4fdff27883",
  namespace: "kube-system",
} as const;
