import { Check, type CheckPhase, type FabricPort, type HostSettings } from "../../host";

interface Proof {
  readonly what: string;
  readonly title: string;
  readonly because: string;
  readonly when: (port: FabricPort) => boolean;
  readonly phase?: CheckPhase;
}

const hardware = (port: FabricPort): boolean => port.rdma === "v1" || port.rdma === "v2";
const rdma = (port: FabricPort): boolean => port.rdma !== "none";
/** A `.link` file is read before the port has its name, so ports that are found by name have none. */
const hasLinkFile = (port: FabricPort): boolean => port.selector.startsWith("mac=");

const PROOFS: readonly Proof[] = [
  {
    what: "device",
    title: "RDMA device is active",
    because: "the device is found from the port, and carries traffic",
    when: rdma,
  },
  { what: "mtu", title: "RoCE MTU", because: "the card derives it from the MTU of the port", when: rdma },
  {
    what: "gid",
    title: "RoCE GID of the port's address",
    because: "connections use the GID of the experiment address",
    when: rdma,
  },
  {
    what: "tos",
    title: "type of service of RDMA connections",
    because: "switches tell RoCE by it",
    when: (port) => hardware(port) && port.tos !== undefined,
  },
  {
    what: "pfc",
    title: "priority flow control",
    because: "only lossless classes may be paused",
    when: (port) => port.pfc !== undefined,
  },
  {
    what: "ets",
    title: "traffic classes and weights",
    because: "every class gets its share",
    when: (port) => port.tcBw !== undefined,
  },
  {
    what: "app",
    title: "DSCP to priority",
    because: "the card puts packets where the plan says",
    when: (port) => port.dscp !== undefined,
  },
  {
    what: "qdisc",
    title: "root queueing discipline",
    because: "TCP uses the same classes",
    when: (port) => port.qdisc !== undefined,
  },
  {
    what: "link",
    title: "rings, channels and pauses",
    because: "the driver took what the .link file asks for",
    when: (port) => hardware(port) && hasLinkFile(port),
  },
  {
    what: "numa",
    title: "interrupts on the card's NUMA node",
    because: "data does not cross between sockets",
    when: (port) => port.affinity,
  },
  {
    what: "errors",
    title: "RDMA error counters",
    because: "retries mean lost or reordered packets",
    when: hardware,
    phase: "pair",
  },
];

/** Asks for every proof that fits the port; `run` makes the command of one. */
export function contributeChecks(settings: HostSettings, port: FabricPort, run: (what: string) => string): void {
  for (const { what, title, because, when, phase } of PROOFS) {
    if (!when(port)) continue;
    settings.check(Check.command({ title: `${title} of ${port.port}`, run: run(what), phase: phase ?? "local" }), {
      because,
    });
  }
}

/** Asks for the queue that packets of each class enter on their way to a peer, where the port's file sets queues. */
export function contributeClassCheck(
  settings: HostSettings,
  port: FabricPort,
  run: (what: string) => string,
  peer: string | undefined,
): void {
  if (port.qdisc === undefined || peer === undefined) return;
  settings.check(
    Check.command({ title: `queues that packets of ${port.port} enter`, run: run(`classes ${peer}`), phase: "pair" }),
    { because: "marks, priorities and queues only share the link together" },
  );
}

const WANTED_SHARE = 0.9;

/** Asks for `ib_write_bw` to a peer: nine tenths of the link, and nothing over the control interface. Only on request. */
export function contributeBandwidthCheck(
  settings: HostSettings,
  port: FabricPort,
  run: (what: string) => string,
  peer: { readonly name: string; readonly address: string; readonly gbps: number },
): void {
  const wanted = Math.floor(peer.gbps * WANTED_SHARE * 10) / 10;
  settings.check(
    Check.command({
      title: `RDMA bandwidth from ${port.port} to ${peer.name}`,
      run: run(`bandwidth ${peer.address} ${wanted}`),
      phase: "benchmark",
    }),
    { because: `${WANTED_SHARE * 100} % of ${peer.gbps} Gbit/s, with the control interface silent` },
  );
}
