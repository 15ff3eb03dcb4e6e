import { defineProblem } from "../../../errors";

const HOST_PATH = defineProblem("NL-CILIUM-PATH", "Secrets and programs are given by their path on the hosts");

/** Where the API server is reached without help of services: a fixed address, not one that Cilium itself provides. */
export interface ApiServer {
  /** Address or name that every node can resolve without the cluster's DNS. */
  readonly host: string;
  /** TCP port. @default 6443 */
  readonly port?: number;
}

/** k3s on every node; one of its servers installs the chart by itself. */
export interface K3sDelivery {
  /** The helm-controller of k3s installs the chart. */
  readonly kind: "k3s";
  /** How k3s is set up. */
  readonly options: K3sOptions;
}

/** How k3s is set up on the nodes. */
export interface K3sOptions {
  /** Path on every host of a file with the join token, put there by other means; the token itself never passes through here. @default "/etc/rancher/k3s/token" */
  readonly tokenFile?: string;
  /** The program on hosts that are not NixOS. @default "/usr/local/bin/k3s" */
  readonly binary?: string;
  /** Service address range. @default "10.43.0.0/16" */
  readonly serviceCidr?: string;
  /** IPv6 service range, where pods have IPv6. @default "fd00:10:43::/112" */
  readonly serviceCidr6?: string;
  /** Parts of k3s to leave out beside servicelb. @default - none */
  readonly disable?: readonly string[];
  /** Further flags for servers. @default - none */
  readonly serverFlags?: readonly string[];
  /** Further flags for all other nodes. @default - none */
  readonly agentFlags?: readonly string[];
  /** Version of the helm-controller in this k3s, e.g. `0.16.1`. @default - unknown, reported as unchecked */
  readonly helmController?: string;
}

/** A cluster made by kubeadm; the first control-plane node installs the chart with Helm. */
export interface KubeadmDelivery {
  /** People run `kubeadm init` and `join`; a unit of the first control-plane node then installs the chart. */
  readonly kind: "kubeadm";
  /** How the cluster is made. */
  readonly options: KubeadmOptions;
}

/** How a kubeadm cluster is made. */
export interface KubeadmOptions {
  /** Address of the control plane that every node reaches. */
  readonly apiServer: ApiServer;
  /** Service address range. @default "10.96.0.0/12" */
  readonly serviceCidr?: string;
  /** Kubernetes version, e.g. `v1.33.2`. @default - kubeadm's */
  readonly kubernetesVersion?: string;
}

/** What the deliveries into a cluster that somebody else runs have in common. */
export interface ExistingClusterOptions {
  /** Address of the API server; needed where kube-proxy is absent. @default - stated in extraValues, or kube-proxy is there */
  readonly apiServer?: ApiServer;
  /** Whether kube-proxy runs. @default - unknown, reported as unchecked */
  readonly kubeProxy?: "absent" | "present";
  /** Service address range. @default - unknown */
  readonly serviceCidr?: string;
}

/** A values file and an install script for people with Helm. */
export interface HelmDelivery {
  /** People run Helm. */
  readonly kind: "helm";
  /** What is known of the cluster. */
  readonly options: ExistingClusterOptions;
}

/** A HelmRelease; install once by other means, since Flux itself needs the network. */
export interface FluxDelivery {
  /** Flux keeps the release. */
  readonly kind: "flux";
  /** What is known of the cluster, and where Flux looks. */
  readonly options: ExistingClusterOptions & {
    /** Namespace of Flux. @default "flux-system" */
    readonly namespace?: string;
    /** Where the chart comes from. @default "helm" */
    readonly source?: "helm" | "oci";
  };
}

/** An Application; install once by other means, since Argo CD itself needs the network. */
export interface ArgoCdDelivery {
  /** Argo CD keeps the release. */
  readonly kind: "argocd";
  /** What is known of the cluster, and where Argo CD looks. */
  readonly options: ExistingClusterOptions & {
    /** Namespace of Argo CD. @default "argocd" */
    readonly namespace?: string;
    /** Argo CD project. @default "default" */
    readonly project?: string;
  };
}

export type Delivery = K3sDelivery | KubeadmDelivery | HelmDelivery | FluxDelivery | ArgoCdDelivery;

/** Ways to bring Cilium into the cluster. */
export const Delivery = {
  /** k3s on every node, set up by Netloom; its first server installs Cilium. Throws `NL-CILIUM-PATH` on paths that are not absolute. */
  k3s: (options: K3sOptions = {}): K3sDelivery => {
    absolute("tokenFile", options.tokenFile);
    absolute("binary", options.binary);
    return { kind: "k3s", options };
  },
  /** Nodes that people join with kubeadm; Netloom writes the input of `kubeadm init`, and a unit that installs Cilium after it. */
  kubeadm: (options: KubeadmOptions): KubeadmDelivery => ({ kind: "kubeadm", options }),
  /** `values.yaml` and `install.sh` for a cluster that is there. */
  helm: (options: HelmDelivery["options"] = {}): HelmDelivery => ({ kind: "helm", options }),
  /** A HelmRelease with its source, for a cluster that Flux looks after. */
  flux: (options: FluxDelivery["options"] = {}): FluxDelivery => ({ kind: "flux", options }),
  /** An Application, for a cluster that Argo CD looks after. */
  argocd: (options: ArgoCdDelivery["options"] = {}): ArgoCdDelivery => ({ kind: "argocd", options }),
};

/** Where the API server is, for a delivery; k3s answers on every node, whether server or not. */
export function apiServerOf(delivery: Delivery): { readonly host: string; readonly port: number } | undefined {
  if (delivery.kind === "k3s") return { host: "127.0.0.1", port: 6444 };
  const server = delivery.options.apiServer;
  return server === undefined ? undefined : { host: server.host, port: server.port ?? 6443 };
}

const SERVICE_CIDR = { k3s: "10.43.0.0/16", kubeadm: "10.96.0.0/12" };
const K3S_SERVICE_CIDR6 = "fd00:10:43::/112";

/** Service range, where it is known. */
export function serviceCidrOf(delivery: Delivery): string | undefined {
  if (delivery.kind === "k3s" || delivery.kind === "kubeadm")
    return delivery.options.serviceCidr ?? SERVICE_CIDR[delivery.kind];
  return delivery.options.serviceCidr;
}

/** IPv6 service range, where it is known. */
export function serviceCidr6Of(delivery: Delivery): string | undefined {
  return delivery.kind === "k3s" ? (delivery.options.serviceCidr6 ?? K3S_SERVICE_CIDR6) : undefined;
}

function absolute(prop: string, path: string | undefined): void {
  if (path === undefined || /^(\/[A-Za-z0-9_.@:+-]+)+$/.test(path)) return;
  throw HOST_PATH({
    what: `${prop} is a path on the hosts; a token or program is never given inline`,
    value: prop === "tokenFile" ? "(not shown)" : path,
    allowed: "an absolute path of A-Z a-z 0-9 _ . @ : + -",
    remedy: `${prop}: "/etc/rancher/k3s/token"`,
  });
}
