import { App, LocalBackend, TerraformStack } from "cdktf";
import {
  Applier,
  BbrHost,
  Deployment,
  Duration,
  JumboFabric,
  Platform,
  Rate,
  Target,
  WireGuardKeys,
  WireGuardMesh,
} from "netloom";

const app = new App();
const stack = new TerraformStack(app, "quickstart");
new LocalBackend(stack, { path: "terraform.tfstate" });
new Deployment(stack, { applier: Applier.terraformData(), lockFile: "target/quickstart/netloom.lock.json" });

const hosts = [1, 2, 3].map(
  (n) =>
    new BbrHost(stack, `node-${n}`, {
      platform: n === 1 ? Platform.nixos() : Platform.linux(),
      interfaces: [{ id: "exp0", mac: `02:00:00:00:00:0${n}`, addresses: [`10.10.1.${n}/24`] }],
      path: { rate: Rate.gbps(10), rtt: Duration.millis(40) },
      target: Target.directory(`target/quickstart/node-${n}`),
    }),
);

const fabric = new JumboFabric(stack, "fabric", { members: hosts, switchesCarryJumbo: true });
new WireGuardMesh(stack, "mesh", {
  members: hosts,
  over: fabric,
  subnet: "10.66.0.0/24",
  keys: WireGuardKeys.directory("target/quickstart/keys"),
});

app.synth();
