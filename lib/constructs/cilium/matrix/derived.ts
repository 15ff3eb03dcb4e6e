import { matrixData, type ValueTree } from "../data";
import { valueAt } from "../values/entries";

/** What follows from the values alone, and what most features hang on. */
export interface DerivedFacts {
  readonly routingMode: "native" | "tunnel";
  readonly ipv4Masquerade: boolean;
  /** Whether packets between pod and device bypass the kernel's stack. netkit, BIG TCP and BBR for pods need it. */
  readonly bpfHostRouting: boolean;
  /** Kernel modules that must be loadable on the nodes. */
  readonly kernelModules: readonly string[];
}

/** Derives from complete values (the chart's defaults included). Source: Cilium agent 1.20, pkg/kpr/initializer. */
export function derivedFacts(values: ValueTree): DerivedFacts {
  const at = (path: string): unknown => valueAt(values, path) ?? null;
  const truthy = (path: string): boolean => at(path) === true || at(path) === "true";
  const ipv4Masquerade = at("enableIPv4Masquerade") !== false && at("ipv4.enabled") !== false;
  const ipv6Masquerade = at("ipv6.enabled") === true && at("enableIPv6Masquerade") !== false;
  const chained =
    !["", "none", null].includes(at("cni.chainingMode") as string | null) || at("cni.chainingTarget") !== null;
  const legacy = at("bpf.hostLegacyRouting");
  return {
    routingMode: at("routingMode") === "native" ? "native" : "tunnel",
    ipv4Masquerade,
    bpfHostRouting:
      truthy("kubeProxyReplacement") &&
      (at("bpf.masquerade") === true || (!ipv4Masquerade && !ipv6Masquerade)) &&
      legacy !== true &&
      (legacy === false || !chained),
    kernelModules: kernelModules(at, ipv4Masquerade || ipv6Masquerade),
  };
}

function kernelModules(at: (path: string) => unknown, masquerades: boolean): readonly string[] {
  const table = matrixData().kernelModules;
  const tunnel = at("routingMode") !== "native";
  const geneve = at("tunnelProtocol") === "geneve";
  const manager = at("bandwidthManager.enabled") === true;
  const wanted: Readonly<Record<string, boolean>> = {
    base: true,
    iptablesMasquerade: masquerades && at("bpf.masquerade") !== true,
    ipv6: at("ipv6.enabled") === true,
    l7Proxy: at("l7Proxy") !== false,
    bandwidthManager: manager,
    bbr: manager && at("bandwidthManager.bbr") === true,
    wireguard: at("encryption.enabled") === true && at("encryption.type") === "wireguard",
    vxlan: tunnel && !geneve,
    geneve,
    dsrIpip: at("loadBalancer.dsrDispatch") === "ipip",
  };
  const names = Object.entries(wanted).flatMap(([feature, on]) => (on ? (table[feature] ?? []) : []));
  return [...new Set(names)].sort();
}
