import { App, TerraformStack } from "cdktf";
import { BbrHost, Duration, JumboFabric, Rate, Target, WireGuardMesh } from "netloom";

const app = new App();
const stack = new TerraformStack(app, "lab");

const hosts = [1, 2, 3].map(
  (n) =>
    new BbrHost(stack, `node-${n}`, {
      interfaces: [{ id: "exp0", mac: `02:00:00:00:00:0${n}`, addresses: [`10.10.1.${n}/24`] }],
      path: { rate: Rate.gbps(10), rtt: Duration.millis(40) },
      target: Target.ssh({ host: `192.0.2.${n}` }),
    }),
);
const fabric = new JumboFabric(stack, "fabric", { members: hosts, switchesCarryJumbo: true });
new WireGuardMesh(stack, "mesh", { members: hosts, over: fabric, subnet: "10.66.0.0/24" });

app.synth();
