import { App, LocalBackend, TerraformStack } from "cdktf";
import {
  Applier,
  BbrHost,
  Deployment,
  Duration,
  Host,
  type IHost,
  JumboFabric,
  nicModel,
  Platform,
  Rate,
  RdmaNode,
  Target,
  Topology,
  WireGuardMesh,
} from "netloom";
import { LosslessFabric } from "netloom/rdma";
import { address, name } from "./fleet-names";

/** Which constructs the hosts of a bench stack get. */
export type Features = "plain" | "all" | "rdma" | "mesh" | "hub-and-spoke";

/** A stack of many hosts, as a user would write it. */
export interface FleetSpec {
  readonly hosts: number;
  readonly features: Features;
  /** `mixed`: every second host is NixOS. */
  readonly platform: "linux" | "nixos" | "mixed";
  /** Index of a host that gets one more sysctl. @default - none */
  readonly changed?: number;
}

/** Builds the stack; `app.synth()` is left to the caller. */
export function fleet(spec: FleetSpec, outdir = "cdktf.out"): App {
  const app = new App({ outdir });
  const stack = new TerraformStack(app, "fleet");
  new LocalBackend(stack, { path: "terraform.tfstate" });
  new Deployment(stack, { applier: Applier.terraformData() });
  const lossless = spec.features === "rdma" ? losslessFabric(stack) : undefined;
  const hosts = Array.from({ length: spec.hosts }, (_, i) => host(stack, i, spec, lossless));
  if (spec.changed !== undefined) {
    hosts[spec.changed]!.sysctl("net.core.busy_poll", 50, { because: "one host differs from its last synthesis" });
  }
  connect(stack, hosts, spec.features);
  return app;
}

function losslessFabric(stack: TerraformStack): LosslessFabric {
  const segment = new JumboFabric(stack, "segment", { switchesCarryJumbo: true, switchesMarkEcn: true });
  return new LosslessFabric(stack, "lossless", {
    segment,
    switchPfcPriorities: [3],
    loopFree: true,
  });
}

function host(stack: TerraformStack, i: number, { features, platform }: FleetSpec, fabric?: LosslessFabric): Host {
  const props = {
    platform: platform === "nixos" || (platform === "mixed" && i % 2 === 1) ? Platform.nixos() : Platform.linux(),
    interfaces: [{ id: "exp0", mac: mac(i), addresses: [`${address("10.100", i)}/16`] }],
    target: Target.ssh({ host: address("172.20", i) }),
  };
  if (fabric !== undefined) {
    const [port] = props.interfaces;
    const interfaces = [{ ...port!, nic: nicModel("connectx-6"), speed: Rate.gbps(100) }];
    return new RdmaNode(stack, name(i), { ...props, interfaces, fabric });
  }
  const path = { rate: Rate.gbps(10), rtt: Duration.millis(40) };
  return features === "all" ? new BbrHost(stack, name(i), { ...props, path }) : new Host(stack, name(i), props);
}

function connect(stack: TerraformStack, hosts: readonly IHost[], features: Features): void {
  if (features === "plain" || features === "rdma") return;
  const over =
    features === "all" ? new JumboFabric(stack, "fabric", { members: hosts, switchesCarryJumbo: true }) : undefined;
  new WireGuardMesh(stack, "mesh", {
    members: hosts,
    over,
    subnet: "10.64.0.0/15",
    topology: features === "hub-and-spoke" ? Topology.hubAndSpoke(hosts[0]!) : Topology.fullMesh(),
  });
}

function mac(i: number): string {
  const hex = i.toString(16).padStart(4, "0");
  return `02:00:00:00:${hex.slice(0, 2)}:${hex.slice(2)}`;
}
