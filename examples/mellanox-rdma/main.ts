import { App, LocalBackend, TerraformStack } from "cdktf";
import { Applier, Deployment, JumboFabric, MachineType, nicModel, Platform, Rate, RdmaNode, Target } from "netloom";
import { CollectiveTuning, LosslessFabric } from "netloom/rdma";

// Four training nodes with 100G ConnectX-6 cards on switches that do priority flow control and mark ECN.
const app = new App();
const stack = new TerraformStack(app, "mellanox-rdma");
new LocalBackend(stack, { path: "terraform.tfstate" });
new Deployment(stack, { applier: Applier.terraformData(), lockFile: "target/mellanox-rdma/netloom.lock.json" });

const segment = new JumboFabric(stack, "segment", { switchesCarryJumbo: true, switchesMarkEcn: true });
const fabric = new LosslessFabric(stack, "fabric", {
  segment,
  switchPfcPriorities: [3],
  loopFree: true,
});

const nodes = [1, 2, 3, 4].map(
  (n) =>
    new RdmaNode(stack, `gpu-${n}`, {
      platform: n === 1 ? Platform.nixos() : Platform.linux(),
      machineType: MachineType.of("r650"),
      interfaces: [
        { id: "control", mac: `02:00:00:00:01:0${n}`, control: true },
        {
          id: "exp0",
          mac: `02:00:00:00:00:0${n}`,
          addresses: [`10.10.1.${n}/24`],
          nic: nicModel("connectx-6"),
          speed: Rate.gbps(100),
        },
      ],
      fabric,
      // Control traffic of the training job; the collectives themselves go by RDMA in the lossless class.
      marks: [{ class: "bulk", protocol: "tcp", ports: [29500] }],
      target: Target.directory(`target/mellanox-rdma/gpu-${n}`),
    }),
);

new CollectiveTuning(stack, "collectives", { nodes, queuePairsPerConnection: 4 });

app.synth();
