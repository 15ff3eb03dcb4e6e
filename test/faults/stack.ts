import { readFileSync } from "node:fs";
import { App, TerraformStack } from "cdktf";
import { Applier, Deployment, Duration, Host, JumboFabric, Target, WireGuardKeys, WireGuardMesh } from "netloom";
import type { Scenario } from "./scenario";

/** The stack that faults are injected into. Its two variants differ in every kind of setting that a host can hold. */
const scenario = JSON.parse(readFileSync("scenario.json", "utf8")) as Scenario;
const isB = scenario.variant === "b";

const app = new App();
const stack = new TerraformStack(app, "lab");
new Deployment(stack, {
  applier: scenario.applier === "null_resource" ? Applier.nullResource() : Applier.terraformData(),
  window: Duration.seconds(scenario.window),
});

const fabric = new JumboFabric(stack, "fabric", { switchesCarryJumbo: true, mtu: isB ? 8000 : 9000 });
const reason = { because: "the two variants differ in it" };
const hosts = scenario.hosts.map(({ name, address, hostKey }, i) => {
  const host = new Host(stack, name, {
    interfaces: [{ id: "exp0", name: "eth0", addresses: [`${address}/24`, `10.78.${isB ? 2 : 1}.${i + 1}/24`] }],
    target: Target.ssh({ host: address, hostKey, identityFile: scenario.identityFile }),
  });
  host.sysctl("net.ipv4.tcp_notsent_lowat", isB ? 262144 : 131072, reason);
  host.sysctl(isB ? "net.ipv4.tcp_fin_timeout" : "net.ipv4.tcp_keepalive_probes", 7, reason);
  host.file("/etc/netloom-faults/linked.conf", { content: `variant ${scenario.variant}\n` }, reason);
  host.file("/etc/netloom-faults/copied.conf", { content: `copy ${scenario.variant}\n`, install: "copy" }, reason);
  host.file(`/etc/netloom-faults/only-${scenario.variant}.conf`, { content: "here\n" }, reason);
  fabric.attach(host);
  return host;
});
const mesh = new WireGuardMesh(stack, "mesh", {
  members: hosts,
  subnet: "10.66.0.0/24",
  over: fabric,
  keys: scenario.keys === "host" ? WireGuardKeys.onHost() : WireGuardKeys.directory("keys"),
});
mesh.addPeer({
  name: "site",
  publicKey: isB ? "b".repeat(42).concat("g=") : "a".repeat(42).concat("A="),
  address: "10.66.0.200",
  routes: [isB ? "10.90.2.0/24" : "10.90.1.0/24"],
});

app.synth();
