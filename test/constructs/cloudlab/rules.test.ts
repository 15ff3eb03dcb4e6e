import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CLOUDLAB, CloudLabExperiment } from "../../../lib/constructs/cloudlab";
import { Host } from "../../../lib/constructs/host";
import { BbrHost } from "../../../lib/constructs/transport";
import { Check } from "../../../lib/host";
import { CLOUDLAB_RULES } from "../../../lib/constructs/cloudlab/rules";
import type { TerraformStack } from "../../../lib/synth/cdktf";
import { expectStack, synthToFiles } from "../../../lib/testing";

const MANIFESTS = join(__dirname, "../../fixtures/cloudlab/manifests");
const BECAUSE = { because: "test" };

/** What the CloudLab rules find on node0 of a real manifest, after `change`. */
function findings(change: (host: Host) => void, cloudlab = true): readonly string[] {
  const result = synthToFiles((stack) => {
    const node = CloudLabExperiment.fromManifest(stack, "e", join(MANIFESTS, "two-c220g5-jumbo.xml")).machine("node0");
    change(new Host(stack, "node0", { machine: { ...node, testbed: cloudlab ? CLOUDLAB : undefined } }));
  });
  expect(result.errors.filter((error) => !/^NL-00[135]/.test(error))).toEqual([]);
  const own = new Set(CLOUDLAB_RULES.map((rule) => rule.id));
  const fleet = { hosts: [...result.hosts.values()] };
  const direct = CLOUDLAB_RULES.flatMap((rule) => [...rule.check(fleet)].map((found) => `${rule.id}: ${found.what}`));
  // Once the rules run by themselves they stop the synthesis, and what they found is in the findings.
  return direct.length > 0 ? direct : result.findings.filter((f) => own.has(f.code)).map((f) => `${f.code}: ${f.what}`);
}

describe("rules of CloudLab", () => {
  it("find nothing on hosts that are made from a manifest", () => {
    expect(findings(() => {})).toEqual([]);
  });

  it.each([
    [
      "a unit",
      (host: Host) =>
        host.unit("x.service", { service: { ExecStart: "/usr/bin/app --listen 128.105.145.11:80" } }, BECAUSE),
    ],
    ["a file", (host: Host) => host.file("/etc/app.conf", { content: "a=1\nbind = 128.105.145.11\n" }, BECAUSE)],
    [
      "the host name",
      (host: Host) => host.file("/etc/app.conf", { content: "server c220g5-110521.wisc.cloudlab.us;" }, BECAUSE),
    ],
    ["a check", (host: Host) => host.check(Check.command({ title: "t", run: "ping -c1 128.105.145.11" }), BECAUSE)],
  ])("refuse %s that names the control address", (_what, change) => {
    expect(findings(change)).toEqual([expect.stringMatching(/^NL-003: .* of node0 names its control address$/)]);
    expect(findings(change, false)).toEqual([]);
  });

  it("do not take a longer number or name for the control address", () => {
    const content = "128.105.145.110 1128.105.145.11 128.105.145.11.5 xc220g5-110521.wisc.cloudlab.us";
    expect(findings((host) => host.file("/etc/x", { content }, BECAUSE))).toEqual([]);
  });

  it.each([
    ["k3s", "/usr/bin/k3s server", "/usr/bin/k3s server --node-ip=10.10.1.1"],
    ["kubelet", "/usr/bin/kubelet --config=/etc/k.yaml", "/usr/bin/kubelet --node-ip 10.10.1.1"],
    ["NCCL", "/usr/bin/env NCCL_DEBUG=INFO train", "/usr/bin/env NCCL_DEBUG=INFO NCCL_SOCKET_IFNAME=exp0 train"],
    ["Open MPI", "/usr/bin/mpirun -np 4 app", "/usr/bin/mpirun --mca btl_tcp_if_include 10.10.1.0/24 -np 4 app"],
    ["iperf3", "/usr/bin/iperf3 -s", "/usr/bin/iperf3 -s -B 10.10.1.1"],
    ["iperf3", "/usr/bin/iperf3 -c node1", "/usr/bin/iperf3 -c 10.10.1.2"],
  ])("want %s to be told the experiment address", (name, unbound, bound) => {
    const start = (ExecStart: string) => (host: Host) => host.unit("x.service", { service: { ExecStart } }, BECAUSE);
    expect(findings(start(unbound))).toEqual([
      `NL-003-UNBOUND: ${name} is started by unit x.service of node0 and would take the control network`,
    ]);
    expect(findings(start(bound))).toEqual([]);
    expect(findings(start(unbound), false)).toEqual([]);
  });

  it("take a binding in a configuration file as well", () => {
    const change = (host: Host) => {
      host.unit("k3s.service", { service: { ExecStart: "/usr/bin/k3s server" } }, BECAUSE);
      host.file("/etc/rancher/k3s/config.yaml", { content: "node-ip: 10.10.1.1\n" }, BECAUSE);
    };
    expect(findings(change)).toEqual([]);
  });

  it.each(["default", "0.0.0.0/0", "128.0.0.0/2", "128.105.145.0/24"])(
    "refuse a route to %s over an experiment port",
    (to) => {
      const change = (host: Host) => host.route("exp0", { to, via: "10.10.1.254" }, BECAUSE);
      expect(findings(change)).toEqual([
        expect.stringMatching(/^NL-005-ROUTE: the route to .* takes what belongs to the control network$/),
      ]);
    },
  );

  it("let other routes be", () => {
    expect(findings((host) => host.route("exp0", { to: "10.20.0.0/16", via: "10.10.1.254" }, BECAUSE))).toEqual([]);
  });

  it("want the control port to be declared on hosts that are described by hand", () => {
    const stackOf = (interfaces: readonly object[]) => (stack: TerraformStack) => {
      const machine = { name: "n", testbed: CLOUDLAB, interfaces: interfaces as never };
      new Host(stack, "n", { machine });
    };
    const exp0 = { id: "exp0", mac: "3c:fd:fe:04:10:a1", addresses: ["10.10.1.1/24"] };
    const check = (interfaces: readonly object[]) => {
      const result = synthToFiles(stackOf(interfaces));
      const rule = CLOUDLAB_RULES.find((r) => r.id === "NL-001-UNDECLARED")!;
      const direct = [...rule.check({ hosts: [...result.hosts.values()] })];
      return direct.length + result.findings.filter((finding) => finding.code === rule.id).length;
    };
    expect(check([exp0])).toBe(1);
    expect(check([exp0, { id: "control", control: true }])).toBe(0);
  });

  it("meet those of the fabric: ports on a shared cable have no MAC to be found by", () => {
    const result = synthToFiles((stack) => {
      const node = CloudLabExperiment.fromManifest(stack, "e", join(MANIFESTS, "tagged-with-blockstore.xml")).machine(
        "nfs",
      );
      new BbrHost(stack, "nfs", { machine: node });
    });
    expectStack(result).toHaveFinding("NL-002");
  });
});
