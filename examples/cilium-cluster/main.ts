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
import {
  AnycastAddresses,
  BandwidthManager,
  BgpPeering,
  LoadBalancing,
  NamespacePolicies,
  Routing,
} from "netloom/cilium";

// Three CloudLab c220g5 (X520, 10G) with k3s; one of them runs NixOS.
const app = new App();
const stack = new TerraformStack(app, "cilium-cluster");
new LocalBackend(stack, { path: "terraform.tfstate" });
new Deployment(stack, { applier: Applier.terraformData(), lockFile: "target/cilium-cluster/netloom.lock.json" });

const hosts = [1, 2, 3].map(
  (n) =>
    new BbrHost(stack, `node-${n}`, {
      platform: n === 3 ? Platform.nixos() : Platform.linux(),
      machineType: MachineType.of("c220g5"),
      // Features that a kernel lacks are refused here and not by an agent that exits.
      kernel: "6.12",
      interfaces: [
        {
          id: "exp0",
          // Cilium finds devices by the kernel's name only, so this one has to be known.
          name: "enp94s0f0",
          mac: `02:00:00:00:00:0${n}`,
          addresses: [`10.10.1.${n}/24`],
          nic: nicModel("x520"),
          speed: Rate.gbps(10),
        },
      ],
      // The way to the clients; within the rack nothing needs BBR.
      path: { rate: Rate.gbps(10), rtt: Duration.millis(20) },
      target: Target.directory(`target/cilium-cluster/node-${n}`),
    }),
);

const fabric = new JumboFabric(stack, "fabric", { members: hosts, switchesCarryJumbo: true });

// Packets of pods travel as they are, 9000 bytes long, paced by BBR; replies of services go straight to the client.
// XDP would be refused: the ixgbe driver takes no XDP program at this MTU.
const cluster = new CiliumCluster(stack, "k8s", {
  nodes: hosts,
  on: fabric,
  podCidr: "10.42.0.0/16",
  routing: Routing.native(),
  bandwidthManager: BandwidthManager.bbr(),
  loadBalancing: LoadBalancing.dsr({ maglev: { tableSize: 65521 } }),
  hubble: { relay: true, ui: true, metrics: ["dns", "drop", "tcp", "flow", "icmp"] },
  prometheus: true,
  bgp: true,
});

// Everything in the shop is closed but names and these calls.
new NamespacePolicies(cluster, "shop", {
  namespace: "shop",
  allow: [
    { from: { app: "web" }, to: { app: "api" }, ports: [8080] },
    { from: { app: "api" }, to: { app: "db" }, ports: [{ port: "5432", protocol: "TCP" }] },
  ],
});

// Services labelled expose=anycast get one address that all nodes announce to the leaf.
const rack = new BgpPeering(cluster, "rack", {
  localASN: 64512,
  peers: [{ name: "leaf", peerAddress: "10.10.1.254", peerASN: 64500 }],
});
new AnycastAddresses(cluster, "anycast", {
  cidrs: ["192.0.2.0/28"],
  serviceSelector: { matchLabels: { expose: "anycast" } },
  peering: rack,
});

app.synth();
