import type { TerraformStack } from "../../../lib/synth/cdktf";
import {
  JumboFabric,
  MachineType,
  type NetworkInterfaceProps,
  nicModel,
  Rate,
  RdmaNode,
  type RdmaNodeProps,
} from "../../../lib";
import { LosslessFabric, type LosslessFabricProps, LossyFabric } from "../../../lib/constructs/rdma";
import { synthToFiles, type SynthResult } from "../../../lib/testing";

/** The experiment port of node `n`, with a ConnectX-6 at 100 Gbit/s. */
export function experimentPort(n: number, more: Partial<NetworkInterfaceProps> = {}): NetworkInterfaceProps {
  return {
    id: "exp0",
    mac: `0c:42:a1:dd:00:0${n}`,
    addresses: [`10.10.1.${n}/24`],
    nic: nicModel("connectx-6"),
    speed: Rate.gbps(100),
    ...more,
  };
}

/** What of a small training cluster a test wants to be different. */
export interface ClusterProps {
  readonly lossy?: boolean;
  /** Whether the switches mark ECN. @default true */
  readonly marks?: boolean;
  /** How many. @default 2 */
  readonly nodes?: number;
  readonly fabric?: Partial<LosslessFabricProps>;
  readonly port?: Partial<NetworkInterfaceProps>;
  readonly node?: Partial<RdmaNodeProps>;
  /** What is different on node `n`, counted from 1. */
  readonly each?: (n: number) => Partial<RdmaNodeProps>;
  /** Runs after all is built. */
  readonly also?: (stack: TerraformStack, nodes: readonly RdmaNode[], segment: JumboFabric) => void;
}

/** Some r650 on a fabric, synthesized in memory. */
export function cluster(props: ClusterProps = {}): SynthResult {
  return synthToFiles((stack) => {
    const segment = new JumboFabric(stack, "segment", {
      switchesCarryJumbo: true,
      switchesMarkEcn: props.marks ?? true,
    });
    const common = { segment, ...props.fabric };
    const fabric = props.lossy
      ? new LossyFabric(stack, "fabric", common)
      : new LosslessFabric(stack, "fabric", { switchPfcPriorities: [3], loopFree: true, ...common });
    const nodes = Array.from({ length: props.nodes ?? 2 }, (_, i) => i + 1).map(
      (n) =>
        new RdmaNode(stack, `gpu-${n}`, {
          machineType: MachineType.of("r650"),
          interfaces: [{ id: "control", mac: `0c:42:a1:cc:00:0${n}`, control: true }, experimentPort(n, props.port)],
          fabric,
          ...props.node,
          ...props.each?.(n),
        }),
    );
    props.also?.(stack, nodes, segment);
  });
}

/** Ids of all findings, without repeats. */
export function codes(result: SynthResult): string[] {
  return [...new Set(result.findings.map(({ code }) => code))].sort();
}

/** A file of the first node, by its path below `/`. */
export function fileOf(result: SynthResult, path: string): string {
  const text = result.files.get(`hosts/gpu-1/root/${path}`);
  if (text === undefined) throw new Error(`no ${path}; errors: ${result.errors.join("\n")}`);
  return text;
}
