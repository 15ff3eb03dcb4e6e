import { type ValueTree, valuesDefaults } from "../data";
import { mergeValues, valueAt } from "../values/entries";
import { derivedFacts } from "./derived";

/** A port on which nodes must reach each other. */
export interface NodePort {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  readonly because: string;
}

/** Ports that Cilium itself listens on, as the values have them. Source: Cilium documentation, firewall rules. */
export function nodePorts(written: ValueTree): readonly NodePort[] {
  const values = mergeValues(valuesDefaults(), written);
  const at = (path: string): unknown => valueAt(values, path) ?? null;
  const on = (path: string): boolean => at(path) === true;
  const number = (path: string, otherwise: number): number => Number(at(path)) || otherwise;
  const geneve = at("tunnelProtocol") === "geneve";
  const tunnel = derivedFacts(values).routingMode === "tunnel" || geneve;
  const ports: (NodePort | false)[] = [
    { protocol: "tcp", port: 4240, because: "health checks between Cilium agents" },
    on("hubble.enabled") && { protocol: "tcp", port: 4244, because: "Hubble relay reads flows from every agent" },
    tunnel && {
      protocol: "udp",
      port: number("tunnelPort", geneve ? 6081 : 8472),
      because: `${geneve ? "Geneve" : "VXLAN"} tunnel between nodes`,
    },
    on("encryption.enabled") &&
      at("encryption.type") === "wireguard" && { protocol: "udp", port: 51871, because: "Cilium's WireGuard device" },
    on("prometheus.enabled") && { protocol: "tcp", port: number("prometheus.port", 9962), because: "agent metrics" },
    on("prometheus.enabled") &&
      on("operator.prometheus.enabled") && {
        protocol: "tcp",
        port: number("operator.prometheus.port", 9963),
        because: "operator metrics",
      },
    Array.isArray(at("hubble.metrics.enabled")) && {
      protocol: "tcp",
      port: number("hubble.metrics.port", 9965),
      because: "Hubble metrics",
    },
  ];
  return ports.filter((port): port is NodePort => port !== false);
}
