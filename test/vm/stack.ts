import { readFileSync } from "node:fs";
import { App, LocalBackend, TerraformStack } from "cdktf";
import { Applier, BbrHost, Check, Deployment, Duration, Host, JumboFabric, Rate, Target, WireGuardMesh } from "netloom";
import { Dctcp } from "netloom/rdma";
import type { Scenario } from "./scenario";

/** What is deployed to the whole machines; scenario.json in the project says which variant. */
const scenario = JSON.parse(readFileSync("scenario.json", "utf8")) as Scenario;
const because = "the test on whole machines reads it back";

const app = new App();
const stack = new TerraformStack(app, "lab");
new LocalBackend(stack, { path: "terraform.tfstate" });
const window = scenario.window === undefined ? {} : { window: Duration.seconds(scenario.window) };
new Deployment(stack, { applier: Applier.terraformData(), ...window });

const hosts = scenario.machines.map(({ name, number, port, hostKey }) => {
  const props = {
    interfaces: [
      { id: "ctl", name: "ens3", control: true },
      {
        id: "exp0",
        mac: `02:00:00:00:01:0${number}`,
        addresses: [`10.10.1.${number}/24`, `fd00:10::${number}/64`],
        speed: Rate.gbps(1),
      },
    ],
    target: Target.ssh({ host: "127.0.0.1", port, identityFile: scenario.identityFile, hostKey }),
  };
  const path = { rate: Rate.gbps(1), rtt: Duration.millis(100) };
  const host =
    scenario.transport === "bbr" ? new BbrHost(stack, name, { ...props, path }) : new Host(stack, name, props);
  host.sysctl("net.ipv4.tcp_notsent_lowat", 131072, { because });
  for (const [key, value] of Object.entries(scenario.sysctls ?? {})) host.sysctl(key, value, { because });
  host.openPort({ protocol: "tcp", port: 873, interface: "exp0" }, { because });
  host.package({ debian: "rsync", nix: "rsync" }, { because });
  host.file("/etc/netloom-vm-rsyncd.conf", { content: "[archive]\npath = /srv\n", mode: "0640" }, { because });
  const daemon = "/usr/bin/rsync --daemon --no-detach --config=/etc/netloom-vm-rsyncd.conf";
  host.unit("netloom-vm-archive.service", archive(daemon), { because });
  host.check(Check.service("netloom-vm-archive.service"), { because });
  if (scenario.hold !== undefined) {
    const run = `sleep ${scenario.hold}`;
    host.check(Check.command({ title: "keeps the window open", phase: "pair", run }), { because });
  }
  return host;
});

function archive(ExecStart: string) {
  return { unit: { After: "network.target" }, service: { ExecStart }, install: { WantedBy: "multi-user.target" } };
}

const fabric = new JumboFabric(stack, "fabric", {
  mtu: scenario.mtu,
  switchesCarryJumbo: true,
  switchesMarkEcn: scenario.transport === "dctcp",
  offSegment: [{ to: "10.99.0.0/16", via: "10.10.1.250" }],
});
for (const host of hosts) fabric.attach(host);
if (scenario.transport === "dctcp") for (const host of hosts) new Dctcp(host, "Dctcp", { fabric });
const mesh = new WireGuardMesh(stack, "mesh", { members: [], subnet: "10.66.0.0/24", over: fabric });
for (const host of hosts) {
  const { endpointDomain: domain } = scenario;
  mesh.addMember(host, domain === undefined ? {} : { endpoint: `${host.hostName}.${domain}` });
}

app.synth();
