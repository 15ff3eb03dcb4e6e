import { Check, HostFeature, type HostSettings, type IHost, XdpProgram } from "../../../host";
import type { ClusterView } from "../cluster-view";
import { DEVICE_MTUS, kernelCheck } from "../checks/status";
import type { ClusterPlan, PlannedNode } from "../plan";
import { valueAt } from "../values/entries";
import { contributeK3s } from "./k3s-host";
import { contributeKubeadm } from "./kubeadm-host";
import { contributeServerChecks } from "../checks/server-checks";

const SYSTEM_REQUIREMENTS = "Cilium documentation, system requirements";

/** Modules that a Linux host loads at boot although the agent could: others (BBR on the host, wg) rely on them too. */
const EARLY_MODULES = ["sch_fq", "tcp_bbr", "wireguard"];

/** What a host needs as a node of a cluster. */
export class CiliumNode extends HostFeature {
  private readonly cluster: ClusterView;

  constructor(host: IHost, id: string, cluster: ClusterView) {
    super(host, id);
    this.cluster = cluster;
  }

  contribute(settings: HostSettings): void {
    const plan = this.cluster.clusterPlan();
    const node = plan.nodeOf.get(this.host)!;
    this.modules(settings, plan);
    this.firewall(settings, plan, node);
    this.routing(settings);
    this.networks(settings);
    this.kernel(settings, plan);
    this.deviceMtu(settings, node);
    this.acceleration(settings, plan, node);
    if (plan.delivery.kind === "k3s") contributeK3s(settings, plan, node, this.cluster);
    if (plan.delivery.kind === "kubeadm") contributeKubeadm(settings, plan, node, this.cluster.podCidrs());
    if (node === plan.servers[0]) contributeServerChecks(settings, plan, this.cluster);
  }

  private modules(settings: HostSettings, plan: ClusterPlan): void {
    const nixos = this.host.platform.kind === "nixos";
    const because = nixos
      ? "NixOS keeps modules where the agent cannot load them from"
      : "needed before the agent runs, so that host and cluster agree";
    for (const name of plan.derived.kernelModules) {
      if (nixos || EARLY_MODULES.includes(name)) settings.module(name, { because, source: SYSTEM_REQUIREMENTS });
    }
  }

  private firewall(settings: HostSettings, plan: ClusterPlan, { port }: PlannedNode): void {
    for (const { protocol, port: number, because } of plan.ports)
      settings.openPort({ protocol, port: number, interface: port?.id }, { because, source: SYSTEM_REQUIREMENTS });
    if (this.cluster.listensForBgp())
      settings.openPort(
        { protocol: "tcp", port: 179, interface: port?.id },
        { because: "BGP peers open sessions to the node" },
      );
    if (this.host.platform.kind !== "nixos") return;
    const source = "Cilium issue 31565";
    const loose = { because: "the firewall's reverse path test drops packets between pods and host", source };
    settings.nixos("networking.firewall.checkReversePath", "loose", loose);
    const trusted = {
      because: "packets of pods pass the host's firewall; + is the wildcard of iptables and * that of nftables",
      source,
    };
    settings.nixos("networking.firewall.trustedInterfaces", ["cilium_+", "cilium_*", "lxc+", "lxc*"], trusted);
  }

  private routing(settings: HostSettings): void {
    const loose = {
      because: "replies of direct server return leave by another device than the kernel's reverse path says",
      source: "Cilium agent, rp_filter warning; Linux ip-sysctl.rst: the larger of all and the device counts",
    };
    settings.sysctl("net.ipv4.conf.all.rp_filter", 2, loose);
    const foreign = {
      because: "a restart of networkd would wipe Cilium's routes and rules",
      source: "Cilium issue 18706",
    };
    if (this.host.platform.kind === "nixos") {
      settings.nixos("systemd.network.config.networkConfig.ManageForeignRoutes", false, foreign);
      settings.nixos("systemd.network.config.networkConfig.ManageForeignRoutingPolicyRules", false, foreign);
    } else {
      const content = "[Network]\nManageForeignRoutes=no\nManageForeignRoutingPolicyRules=no\n";
      settings.file("/etc/systemd/networkd.conf.d/60-netloom-cilium.conf", { content }, foreign);
    }
  }

  private networks(settings: HostSettings): void {
    const name = this.cluster.node.path;
    for (const cidr of this.cluster.podCidrs())
      settings.network({ cidr, kind: "pod", name: `${name} pods` }, { because: "addresses of pods" });
    const service = this.cluster.serviceCidr();
    if (service !== undefined)
      settings.network(
        { cidr: service, kind: "service", name: `${name} services` },
        { because: "addresses of services" },
      );
  }

  /** What cannot be known when the stack is synthesized is asked on the host. */
  private kernel(settings: HostSettings, plan: ClusterPlan): void {
    const needed = plan.kernel;
    if (this.host.kernel === undefined) {
      const title = `the kernel is ${needed.version} or newer (${needed.because})`;
      settings.check(Check.command({ title, run: kernelCheck(needed.version) }), { because: needed.because });
    }
    const datapath = String(valueAt(plan.complete, "bpf.datapathMode"));
    if (datapath.startsWith("netkit")) {
      const run = `grep -qs '^CONFIG_NETKIT=y' "/boot/config-$(uname -r)" || zcat /proc/config.gz 2>/dev/null | grep -q '^CONFIG_NETKIT=y'`;
      settings.check(Check.command({ title: "the kernel is built with CONFIG_NETKIT", run }), {
        because: "pods get netkit devices",
      });
    }
    if (valueAt(plan.complete, "kubeProxyReplacement") === true) {
      const run = "awk '{ exit !($2 >= 30000) }' /proc/sys/net/ipv4/ip_local_port_range";
      const title = "the ephemeral ports do not end below the NodePort range";
      settings.check(Check.command({ title, run }), {
        because: "the agent exits otherwise",
        source: "Cilium agent, pkg/kpr",
      });
    }
  }

  private acceleration(settings: HostSettings, { complete }: ClusterPlan, { port }: PlannedNode): void {
    const mode = valueAt(complete, "loadBalancer.acceleration");
    if (port === undefined || (mode !== "native" && mode !== "best-effort")) return;
    // A program that the driver refused is loaded a second time, for frames in several buffers.
    const program = { mode, multiBuffer: true } as const;
    settings.fact(XdpProgram, settings.port(port.id).id, program, {
      because: "Cilium handles service traffic in the driver",
      source: "Cilium agent, pkg/datapath/loader/xdp.go; Cilium pull request 41967",
    });
  }

  private deviceMtu(settings: HostSettings, { port }: PlannedNode): void {
    const mtu = port === undefined ? undefined : this.cluster.networkMtu();
    if (mtu === undefined) return;
    const { device } = this.cluster.podMtu(mtu);
    settings.check(
      Check.command({
        title: `Cilium's devices have the underlay's MTU of ${device}`,
        run: DEVICE_MTUS,
        expect: String(device),
        phase: "benchmark",
      }),
      { because: "pods take the smallest MTU of the selected devices; a control port among them shows here" },
    );
  }
}
