import { existsSync } from "node:fs";
import { join } from "node:path";
import { App, TerraformStack } from "cdktf";
import { it } from "vitest";
import { CiliumCluster, type CiliumClusterProps } from "../../../lib/constructs/cilium";
import { JumboFabric } from "../../../lib/constructs/fabric";
import { Host, type HostProps, Platform } from "../../../lib/constructs/host";
import { nicModel } from "../../../lib/hardware";
import type { CompiledStack } from "../../../lib/synth/compile";
import { Deployment } from "../../../lib/synth";

/** Data that Cilium publishes; it lies beside the repository and is not part of it. */
export const FIXTURES = join(__dirname, "../../../../shared/fixtures/cilium/1.20.0");
export const HELM_CONTROLLER = join(__dirname, "../../../../shared/fixtures/helm-controller");

/** `it`, or a skipped test that says why, where the published data is absent. */
export const itWithFixtures = existsSync(FIXTURES)
  ? it
  : (title: string, _run: () => unknown) => it.skip(`${title} (skipped: the Cilium fixtures are not here)`, () => {});

export type PartialProps = Partial<Omit<CiliumClusterProps, "nodes">> & { readonly [name: string]: unknown };

export interface StackOptions {
  readonly nodes?: number;
  readonly host?: Partial<HostProps>;
  readonly nic?: "x520" | "connectx-5" | "none";
  readonly mtu?: number;
  readonly onFabric?: boolean;
  /** LAN of each host's port. */
  readonly lans?: readonly string[];
  readonly nixos?: boolean;
  /** Runs after the cluster was made. */
  readonly also?: (cluster: CiliumCluster, hosts: readonly Host[]) => void;
}

/** A stack with `nodes` hosts on one fabric and a cluster; nothing is unknown unless `options` say so. */
export function clusterStack(props: PartialProps, options: StackOptions = {}) {
  const app = new App({ outdir: "/nonexistent" });
  const stack = new TerraformStack(app, "lab");
  const nic = options.nic === "none" ? undefined : nicModel(options.nic === "connectx-5" ? "connectx-5" : "x520");
  const hosts = [...Array(options.nodes ?? 2).keys()].map(
    (i) =>
      new Host(stack, `node-${i}`, {
        platform: options.nixos ? Platform.nixos() : Platform.linux(),
        kernel: "6.12",
        interfaces: [
          {
            id: "exp0",
            name: "enp94s0f0",
            mac: `02:00:00:00:00:0${i + 1}`,
            addresses: [`10.10.1.${i + 1}/24`, `fd00:10:10::${i + 1}/64`],
            lan: options.lans?.[i],
            ...(nic && { nic }),
          },
        ],
        ...options.host,
      }),
  );
  for (const host of hosts)
    host.sysctl("net.ipv4.ip_local_port_range", "32768 60999", { because: "the kernel's own range, stated" });
  const fabric = new JumboFabric(stack, "fabric", {
    mtu: options.mtu ?? 9000,
    members: hosts,
    switchesCarryJumbo: true,
  });
  const cluster = new CiliumCluster(stack, "k8s", {
    nodes: hosts,
    ...(options.onFabric !== false && { on: fabric }),
    ...props,
  } as CiliumClusterProps);
  options.also?.(cluster, hosts);
  return { app, stack, hosts, fabric, cluster };
}

/** Compiles the stack in memory. */
export function compile(stack: TerraformStack): CompiledStack {
  return Deployment.of(stack).recompile();
}

export function fileOf(compiled: CompiledStack, path: string): string {
  const file = compiled.files.get(path);
  if (file === undefined) throw new Error(`${path} is not among ${compiled.files.entries().map(([name]) => name)}`);
  return file.content;
}

/** Codes of findings that stop synthesis or warn. */
export function codesOf(compiled: CompiledStack): readonly string[] {
  return [...new Set(compiled.findings.filter(({ severity }) => severity !== "info").map(({ code }) => code))].sort();
}

/** Codes of findings that could not be decided. */
export function uncheckedOf(compiled: CompiledStack): readonly string[] {
  return [...new Set(compiled.findings.filter(({ severity }) => severity === "info").map(({ code }) => code))].sort();
}
