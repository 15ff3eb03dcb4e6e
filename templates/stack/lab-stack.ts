import { LocalBackend, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { Applier, BbrHost, Deployment, Duration, JumboFabric, Rate, Target, WireGuardMesh } from "netloom";

/** Two hosts on one segment with jumbo frames, and tunnels between them. */
export class LabStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    // Terraform runs in cdktf.out/stacks/<stack>, which may be deleted at any time; the state may not.
    new LocalBackend(this, { path: `../../../terraform.${id}.tfstate` });
    new Deployment(this, { applier: Applier.terraformData() });

    const hosts = [1, 2].map(
      (n) =>
        new BbrHost(this, `node-${n}`, {
          // The MAC address is how the port is found on the machine: `ip link` prints it.
          interfaces: [{ id: "exp0", mac: `02:00:00:00:00:0${n}`, addresses: [`10.10.1.${n}/24`] }],
          path: { rate: Rate.gbps(1), rtt: Duration.millis(80) },
          // A directory stands for the machine. For a real one: Target.ssh({ host: "node-1.example.net" }).
          target: Target.directory(`build/node-${n}`),
        }),
    );
    const fabric = new JumboFabric(this, "fabric", { members: hosts, switchesCarryJumbo: true });
    new WireGuardMesh(this, "mesh", { members: hosts, over: fabric, subnet: "10.66.0.0/24" });
  }
}
