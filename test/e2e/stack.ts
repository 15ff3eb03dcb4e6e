import { readFileSync } from "node:fs";
import { App, TerraformStack } from "cdktf";
import { Applier, BbrHost, Check, Deployment, Duration, Host, JumboFabric, Rate, Target, WireGuardMesh } from "netloom";
import type { Scenario } from "./scenario";

/** The stack that the end-to-end test deploys; scenario.json in the project says which variant. */
const scenario = JSON.parse(readFileSync("scenario.json", "utf8")) as Scenario;

const app = new App();
const stack = new TerraformStack(app, "lab");
new Deployment(stack, {
  applier: scenario.applier === "null_resource" ? Applier.nullResource() : Applier.terraformData(),
  window: Duration.seconds(scenario.window),
});

const fabric = new JumboFabric(stack, "fabric", { switchesCarryJumbo: true });
const hosts = scenario.hosts.map(({ name, address, ssh, hostKey, movesTo }) => {
  const props = {
    interfaces: [{ id: "exp0", name: "eth0", addresses: [`${address}/24`] }],
    target: Target.ssh({ host: ssh, newHost: movesTo, hostKey, identityFile: scenario.identityFile }),
  };
  const path = { rate: Rate.gbps(10), rtt: Duration.millis(40) };
  // Pacing needs fq, which the kernel below the lab may not have; then the rest of the stack is what is proved.
  const host = scenario.kernelHasFq ? new BbrHost(stack, name, { ...props, path }) : new Host(stack, name, props);
  if (!scenario.kernelHasFq) host.sysctl("net.ipv4.tcp_congestion_control", "bbr", { because: "stands for BbrHost" });
  host.sysctl("net.ipv4.tcp_notsent_lowat", 131072, { because: "the end-to-end test reads it back" });
  fabric.attach(host);
  for (const [key, value] of Object.entries(scenario.extraSysctls?.[name] ?? {})) {
    host.sysctl(key, value, { because: "only this change names it" });
  }
  return host;
});
if (scenario.mesh) new WireGuardMesh(stack, "mesh", { members: hosts, subnet: "10.66.0.0/24", over: fabric });
for (const [name, run] of Object.entries(scenario.pairChecks ?? {})) {
  const host = hosts.find((candidate) => candidate.hostName === name)!;
  const reason = { because: "the test decides whether this pair is well" };
  host.check(Check.command({ title: "what the test wants between hosts", run, phase: "pair" }), reason);
}

app.synth();
