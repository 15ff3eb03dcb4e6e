import { App, LocalBackend, TerraformStack } from "cdktf";
import {
  Applier,
  BbrHost,
  Deployment,
  Duration,
  JumboFabric,
  Rate,
  Target,
  WireGuardKeys,
  WireGuardMesh,
} from "netloom";
import { CloudLabExperiment, CloudLabProfile } from "netloom/cloudlab";

const app = new App();
const stack = new TerraformStack(app, "cloudlab-c220g5");
new LocalBackend(stack, { path: "terraform.tfstate" });
new Deployment(stack, { applier: Applier.terraformData(), lockFile: "target/cloudlab-c220g5/netloom.lock.json" });

// 1. What we ask CloudLab for. Nothing is said about MTUs here: the fabric below asks for jumbo frames by itself.
const profile = new CloudLabProfile(stack, "three-c220g5", {
  nodes: ["node0", "node1", "node2"].map((name) => ({ name, hardware: "c220g5" })),
  lans: [{ name: "lan0", members: ["node0", "node1", "node2"], speed: Rate.gbps(10), sameSwitch: true }],
});

// 2. What came. Set MANIFEST to where you saved the portal's Manifest tab; without it only the profile is written.
const experiment = new CloudLabExperiment(stack, "experiment", {
  profile,
  manifest: process.env["MANIFEST"] ?? "examples/cloudlab-c220g5/manifest.xml",
  user: "alice",
});

const fabric = new JumboFabric(stack, "fabric", { lan: experiment.lan("lan0") });
const hosts = experiment.nodes.map(
  (machine) =>
    new BbrHost(stack, machine.name, {
      machine,
      path: { rate: Rate.gbps(10), rtt: Duration.millis(20) },
      // So that this example needs no machines. Leave it out to deploy over SSH to the nodes of the manifest.
      target: Target.directory(`target/cloudlab-c220g5/${machine.name}`),
    }),
);
fabric.attach(...hosts);

if (experiment.allocated) {
  new WireGuardMesh(stack, "mesh", {
    members: hosts,
    over: fabric,
    subnet: "10.66.0.0/24",
    keys: WireGuardKeys.directory("target/cloudlab-c220g5/keys"),
  });
}

app.synth();
