import { App, LocalBackend, TerraformStack } from "cdktf";
import {
  Applier,
  BbrHost,
  CiliumCluster,
  Deployment,
  Duration,
  JumboFabric,
  MachineType,
  nicModel,
  Platform,
  Rate,
  Target,
} from "netloom";
import { BandwidthManager, Routing } from "netloom/cilium";

// Four nodes with 100G ConnectX-6 cards and a recent kernel: the performance profile of Cilium's tuning guide.
const app = new App();
const stack = new TerraformStack(app, "cilium-mellanox");
new LocalBackend(stack, { path: "terraform.tfstate" });
new Deployment(stack, { applier: Applier.terraformData(), lockFile: "target/cilium-mellanox/netloom.lock.json" });

const hosts = [1, 2, 3, 4].map(
  (n) =>
    new BbrHost(stack, `node-${n}`, {
      platform: Platform.linux(),
      machineType: MachineType.of("r650"),
      kernel: "6.12",
      interfaces: [
        {
          id: "exp0",
          name: "ens1f0np0",
          mac: `02:00:00:00:00:0${n}`,
          addresses: [`10.10.1.${n}/24`, `fd00:10:10::${n}/64`],
          nic: nicModel("connectx-6"),
          speed: Rate.gbps(100),
        },
      ],
      // The way to the clients; within the rack nothing needs BBR.
      path: { rate: Rate.gbps(100), rtt: Duration.millis(10) },
      target: Target.directory(`target/cilium-mellanox/node-${n}`),
    }),
);

const fabric = new JumboFabric(stack, "fabric", { members: hosts, switchesCarryJumbo: true });

// netkit takes the place of veth between pod and host, and segments of up to 192 kB pass the stack in one piece.
// Both need eBPF host routing, which the props provide; with a tunnel or on other cards BIG TCP would be refused.
new CiliumCluster(stack, "k8s", {
  nodes: hosts,
  servers: hosts.slice(0, 3),
  on: fabric,
  podCidr: "10.42.0.0/16",
  podCidr6: "fd00:10:42::/56",
  routing: Routing.native(),
  podDevice: "netkit",
  bigTcp: {},
  bandwidthManager: BandwidthManager.bbr(),
  bpf: { distributedLru: true, mapDynamicSizeRatio: 0.08, clockProbe: true },
  hubble: false,
});

app.synth();
