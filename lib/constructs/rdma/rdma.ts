import { at, defineProblem } from "../../errors";
import {
  type FabricPort,
  HostFeature,
  type HostSettings,
  type IHost,
  type NetworkInterface,
  type PortRdma,
} from "../../host";
import {
  combinedChannels,
  type NicProfile,
  type RoceMtu,
  requireRoceMtu,
  ringSize,
  roceMtu,
  tosByte,
} from "../../tuning";
import { choosePort } from "../fabric";
import { contributeBandwidthCheck, contributeChecks, contributeClassCheck } from "./port-checks";
import { contributePort, NIX_TOOLS, type PortCommands } from "./port-script";
import { HARDWARE_QDISC, hardwareQueues, rdmaClass } from "./qos-queues";
import { contributeMarks, type QosMark } from "./qos-nft";
import type { IRdmaFabric } from "./rdma-fabric";
import { cardOf, gidOf, hasHardwareQueues, portIdentity, rateOf, roceAddress, roceVersion } from "./roce-port";
import { ASSUMED_RTT, switchNote } from "./switch-note";

const RDMA_ADDRESS = defineProblem("NL-RDMA-ADDRESS", "A port that does RoCE has an address");

/** What {@link Rdma} needs to know. */
export interface RdmaProps {
  /** The segment, with what its switches do: `LosslessFabric` or `LossyFabric`. The host is attached to it. */
  readonly fabric: IRdmaFabric;
  /** Id of the port. @default - the one on the fabric's LAN, else the only one that is not the control port */
  readonly interface?: string;
  /** Short waits or much data for each CPU cycle. @default "throughput" */
  readonly profile?: NicProfile;
  /** Who sets the card's queues: iproute2's `dcb`, or `mlnx_qos` of NVIDIA's driver package. @default "inbox" */
  readonly tools?: "inbox" | "nvidia";
  /** RoCE path MTU that applications count on: 256, 512, 1024, 2048 or 4096. @default - the largest that fits the fabric's MTU */
  readonly roceMtu?: number;
  /**
   * Soft-RoCE (`rdma_rxe`): RDMA in the kernel over any card. For functional tests; it is slower than TCP, and has no
   * priorities. @default false
   */
  readonly softRoce?: boolean;
  /** Put TCP into the same traffic classes, with `mqprio` on the port. Not together with `fq` there. @default true where the card has them */
  readonly tcpClasses?: boolean;
  /** Traffic of applications that is put into a class by its ports. @default - applications set DSCP themselves */
  readonly marks?: readonly QosMark[];
  /** Ask for `ib_write_bw` to a neighbour among the benchmark checks, and run its server. @default false */
  readonly benchmark?: boolean;
}

const STORM_AUTO = 65535;
const ROCE_UDP_PORT = 4791;
const PERFTEST_TCP_PORT = 18515;
const RXE_SOURCE = "Linux drivers/infiniband/sw/rxe; rdma-link(8)";
const CORE_SOURCE = "rdma-core; Linux Documentation/infiniband";
const LINK_SOURCE = "Linux Documentation/networking/scaling.rst; ethtool(8)";

/**
 * RoCE on a port of a host: driver and user space, queues and priorities of the card, DSCP and ECN, limits on locked
 * memory, interrupts near the card, and proofs of all that. The RDMA device is found from the port on the host.
 */
export class Rdma extends HostFeature {
  /** The fabric that the port is on. */
  readonly fabric: IRdmaFabric;
  /** The port that does RDMA. */
  readonly port: NetworkInterface;
  /** The RoCE path MTU that the port's MTU gives, or the smaller one that was asked for. */
  readonly mtu: RoceMtu;
  private readonly props: RdmaProps;
  private readonly version: PortRdma;
  private collective: string | undefined;

  /**
   * Throws `NL-RDMA-CARD` when the card has no RoCE (and says which machine types do), `NL-ROCE-MTU` on a RoCE MTU that does
   * not exist.
   */
  constructor(host: IHost, id: string, props: RdmaProps) {
    super(host, id);
    this.props = props;
    this.fabric = props.fabric;
    const { segment } = props.fabric;
    this.port = choosePort(host, { path: this.node.path, interface: props.interface, lan: segment.lan?.name });
    this.version = props.softRoce ? "soft" : roceVersion(this.node.path, host, this.port);
    this.mtu = at(this.node.path, () =>
      props.roceMtu === undefined ? roceMtu(segment.mtu).value : requireRoceMtu(props.roceMtu),
    );
    this.requireAddress();
    if (segment.portOf(host) === undefined) segment.attachPort(host, { interface: this.port.id });
    props.fabric.joined(host);
  }

  /** Tells the port script to fill in a template for collective libraries. */
  provideCollective(template: string): void {
    this.collective = template;
  }

  contribute(settings: HostSettings): void {
    this.software(settings);
    this.link(settings);
    const plan = this.plan();
    const commands = contributePort(settings, plan, {
      because: `what ${this.fabric.node.path} states about its switches, on ${this.port.id}`,
      source: "dcb(8), mlnx_qos, Linux Documentation/networking/scaling.rst",
    });
    contributeChecks(settings, plan, commands.check);
    const [peer] = this.fabric.segment.peersOf(this.host);
    contributeClassCheck(settings, plan, commands.check, peer && roceAddress(peer.port)?.toString());
    if (this.version !== "soft" && this.hasTcpClasses)
      contributeMarks(settings, this.node.path, this.port, this.fabric.classes, this.props.marks);
    if (this.fabric.firstHost === this.host) this.note(settings);
    if (this.props.benchmark) this.benchmark(settings, plan, commands);
  }

  private get hasTcpClasses(): boolean {
    return this.props.tcpClasses ?? true;
  }

  private requireAddress(): void {
    if (this.port.addresses.length > 0) return;
    throw RDMA_ADDRESS({
      path: this.node.path,
      what: `port ${this.port.id} of ${this.host.hostName} has no address, and RoCE finds its peers by address`,
      allowed: "at least one address on the port",
      remedy: `interfaces: [{ id: "${this.port.id}", addresses: ["10.10.1.1/24"], … }]`,
    });
  }

  private software(settings: HostSettings): void {
    const core = { because: "verbs for applications, and the tools that prove them", source: CORE_SOURCE };
    settings.package({ debian: "rdma-core", nix: "rdma-core" }, core);
    settings.package({ debian: "ibverbs-utils" }, core);
    settings.package({ debian: "ethtool", nix: "ethtool" }, core);
    const module = this.version === "soft" ? "rdma_rxe" : cardOf(this.host, this.port)?.rdmaModule;
    const device = { because: "makes the RDMA device of the port", source: CORE_SOURCE };
    if (module !== undefined) settings.module(module, device);
    if (this.version === "soft") {
      settings.module("crc32_generic", { because: "soft-RoCE computes its checksums with it", source: RXE_SOURCE });
      settings.openPort(
        { protocol: "udp", port: ROCE_UDP_PORT, interface: this.port.id },
        {
          because: "soft-RoCE packets pass the host's firewall, those of a card do not",
          source: "InfiniBand Annex A17: RoCE v2 is UDP port 4791",
        },
      );
      settings.note(
        `Port ${this.port.id} of ${this.host.hostName} runs soft-RoCE: good for functional tests, slower than TCP, without priorities.`,
        { because: "softRoce: true" },
      );
    }
    for (const name of ["ib_uverbs", "rdma_cm", "rdma_ucm"]) {
      settings.module(name, { because: "applications reach RDMA devices through it", source: CORE_SOURCE });
    }
    settings.limit(
      { domain: "*", type: "-", item: "memlock", value: "unlimited" },
      { because: "registered memory is locked memory; units need LimitMEMLOCK=infinity", source: CORE_SOURCE },
    );
  }

  private link(settings: HostSettings): void {
    if (this.version === "soft") return;
    const id = this.port.id;
    const card = cardOf(this.host, this.port);
    if (this.fabric.statement.switchPfc.length > 0) {
      settings.link(
        id,
        { autoPause: false, rxPause: false, txPause: false },
        {
          because: "global pause stops all classes at once, and excludes priority flow control",
          source: "IEEE 802.1Qbb; mlx5 en_dcbnl.c",
        },
      );
    }
    const machine = this.host.machineType;
    if (card && machine) {
      const { value, because, source } = combinedChannels(card, machine);
      settings.link(id, { channels: value }, { because, source });
    }
    const profile = this.props.profile ?? "throughput";
    const ring = ringSize(profile);
    if (ring)
      settings.link(id, { rxRing: ring.value, txRing: ring.value }, { because: ring.because, source: ring.source });
    if (profile === "latency") {
      settings.link(
        id,
        { adaptiveRxCoalesce: false, rxCoalesceMicros: 0 },
        { because: "an interrupt for every packet costs CPU time and saves waiting", source: LINK_SOURCE },
      );
    } else {
      settings.link(
        id,
        { adaptiveRxCoalesce: true },
        { because: "the driver waits longer the more packets come", source: LINK_SOURCE },
      );
    }
  }

  private plan(): FabricPort {
    const { classes, statement } = this.fabric;
    const soft = this.version === "soft";
    const roce = rdmaClass(classes)!;
    const card = cardOf(this.host, this.port);
    const queues =
      this.version === "v2" && hasHardwareQueues(card)
        ? hardwareQueues(classes, rateOf(this.host, this.port))
        : undefined;
    return {
      ...portIdentity(this.host, this.port),
      tools: this.props.tools ?? "inbox",
      rdma: this.version,
      roceMtu: this.mtu,
      gid: gidOf(roceAddress(this.port)!),
      tos: this.version === "v2" ? tosByte(roce.dscp[0]!) : undefined,
      cnpDscp: this.version === "v2" ? classes.find(({ name }) => name === "network-control")?.dscp[0] : undefined,
      ecnPriority: this.version === "v2" && statement.switchEcn ? roce.priority : undefined,
      ...queues,
      qdisc: queues && this.hasTcpClasses ? HARDWARE_QDISC : undefined,
      enters: this.hasTcpClasses ? queues?.enters : undefined,
      stormPrevention: statement.switchPfc.length > 0 ? STORM_AUTO : undefined,
      affinity: !soft,
      collective: this.collective,
      statement,
    };
  }

  private note(settings: HostSettings): void {
    const text = switchNote({
      fabric: this.fabric,
      mtu: this.fabric.segment.mtu,
      rate: rateOf(this.host, this.port),
      rtt: ASSUMED_RTT,
    });
    settings.note(text, { because: `switches of ${this.fabric.node.path} have to do the same as its hosts` });
  }

  private benchmark(settings: HostSettings, plan: FabricPort, commands: PortCommands): void {
    const reason = { because: "benchmark: true" };
    settings.package({ debian: "perftest", nix: "perftest" }, reason);
    settings.openPort(
      { protocol: "tcp", port: PERFTEST_TCP_PORT, interface: plan.port },
      { because: "both ends of a measurement tell each other over TCP where to write", source: "perftest, option -p" },
    );
    settings.unit(
      "netloom-perftest.service",
      {
        unit: {
          Description: "Server of the RDMA bandwidth check",
          After: [`netloom-port-${plan.port}.service`],
          // It ends after every client, and waits for a card that comes late.
          StartLimitIntervalSec: 0,
        },
        service: {
          ExecStart: commands.serve,
          Restart: "always",
          RestartSec: 1,
          // The program listens on all addresses and asks nobody for a name.
          IPAddressDeny: "any",
          IPAddressAllow: this.port.addresses.map(({ network }) => network.toString()).join(" "),
        },
        path: [...NIX_TOOLS, "perftest"],
      },
      reason,
    );
    // Both ends need GIDs of one family. The next one in the order of names: a server has one client at a time, and
    // all hosts measure at once.
    const { family } = roceAddress(this.port)!;
    const all = this.fabric.segment.peersOf(this.host);
    const peers = all.filter(({ port }) => roceAddress(port)?.family === family);
    const peer = peers.find(({ host }) => host.hostName > this.host.hostName) ?? peers[0];
    const address = peer && roceAddress(peer.port)?.toString();
    if (all.length > 0 && peer === undefined) {
      const where = this.fabric.segment.node.path;
      settings.note(
        `No ib_write_bw from ${this.host.hostName}: nobody on ${where} has an IPv${family} address for RDMA as it has.`,
        reason,
      );
    }
    const rate = rateOf(this.host, this.port);
    if (peer && address && rate) {
      contributeBandwidthCheck(settings, plan, commands.check, {
        name: peer.host.hostName,
        address,
        gbps: rate.toGbps(),
      });
    }
  }
}
