import type { ResolvedHost, Setting } from "../../host";
import { Cidr } from "../../net";
import type { FleetModel, Rule, Violation } from "../../rules";

const CONTROL_NETWORK = "CloudLab manual, The Control Network (https://docs.cloudlab.us/control-net.html)";

/** A program that takes the interface of the default route, which is the control network, unless it is told otherwise. */
interface Program {
  readonly name: string;
  /** How its start looks in units, scripts and files. */
  readonly runs: RegExp;
  /** How it looks when it is told where to listen or from where to send. */
  readonly bound: RegExp;
  readonly remedy: string;
}

/** Sources: k3s and kubelet `--help`; NCCL user guide, environment variables; Open MPI `btl_tcp_if_include`; iperf3(1). */
const PROGRAMS: readonly Program[] = [
  {
    name: "k3s",
    runs: /\bk3s (server|agent)\b/,
    bound: /--node-ip[= ]|^\s*node-ip:|"node-ip"/m,
    remedy: "--node-ip=<address on the experiment LAN>",
  },
  {
    name: "kubelet",
    runs: /\/kubelet\b(?!\.)|^kubelet /m,
    bound: /--node-ip[= ]|node-ip/,
    remedy: "--node-ip=<address on the experiment LAN>",
  },
  {
    name: "NCCL",
    runs: /\bNCCL_(?!SOCKET_IFNAME\b)[A-Z_]+=/,
    bound: /\bNCCL_SOCKET_IFNAME=/,
    remedy: "NCCL_SOCKET_IFNAME=exp0",
  },
  {
    name: "Open MPI",
    runs: /\b(mpirun|mpiexec|prterun)\b/,
    bound: /btl_tcp_if_include/,
    remedy: "--mca btl_tcp_if_include <experiment network>",
  },
  {
    name: "iperf3",
    // An address of the experiment leads there by itself; a server listens everywhere, and a name is a control address.
    runs: /\biperf3\b[^\n]* (-s\b|--server\b|(-c|--client)[ =](?![0-9A-Fa-f]*:)[A-Za-z])/,
    bound: /\biperf3\b[^\n]* (-B|--bind)\b/,
    remedy: "iperf3 -B <address on the experiment LAN>",
  },
];

/** By which hosts are known to be on CloudLab. */
export const CLOUDLAB_NAME = "CloudLab";
const onCloudLab = (hosts: FleetModel["hosts"]) => hosts.filter(({ policy }) => policy?.name === CLOUDLAB_NAME);

/** Rules for machines of CloudLab: its control network is shared by everybody on the cluster and is not for experiments. */
export const CLOUDLAB_RULES: readonly Rule[] = [
  {
    id: "NL-001-UNDECLARED",
    severity: "error",
    title: "A CloudLab host says which of its ports is the control port",
    why: "what is not known to be another port may be the one that the machine is managed over",
    source: CONTROL_NETWORK,
    *check({ hosts }) {
      for (const host of onCloudLab(hosts)) {
        if (host.interfaces.some((port) => port.control)) continue;
        const user = [...host.links, ...host.addresses, ...host.routes, ...host.qdiscs][0];
        if (user === undefined) continue;
        yield {
          path: host.path,
          others: [user.origin],
          what: `${host.name} has settings for ports, but no port is declared as the control port`,
          allowed: "one interface with control: true",
          remedy: `{ machine: node } of a CloudLabExperiment, or { id: "control", control: true, addresses: ["128.105.145.11/32"] }`,
        };
      }
    },
  },
  {
    id: "NL-003",
    severity: "error",
    title: "Nothing is bound to the control address of a CloudLab host",
    why: "experiment traffic on the control network is a violation of the rules of use, and it runs at 1 Gbit/s beside everybody else's",
    source: CONTROL_NETWORK,
    *check({ hosts }) {
      for (const host of onCloudLab(hosts)) yield* boundToControl(host);
    },
  },
  {
    id: "NL-003-UNBOUND",
    severity: "error",
    title: "Programs that follow the default route are bound to the experiment address on CloudLab",
    why: "the default route of a CloudLab node is the control network, and host names resolve to it as well",
    source: `${CONTROL_NETWORK}; vHive pull request 1019`,
    *check({ hosts }) {
      for (const host of onCloudLab(hosts)) yield* unbound(host);
    },
  },
  {
    id: "NL-005-ROUTE",
    severity: "error",
    title: "No route takes the control network of a CloudLab host away",
    why: "SSH, the watchdog of the testbed and the way back all use it",
    source: CONTROL_NETWORK,
    *check({ hosts }) {
      for (const host of onCloudLab(hosts)) yield* routesOverControl(host);
    },
  },
];

interface Text {
  readonly what: string;
  readonly origin: string;
  readonly text: string;
}

/** Everything on a host that starts programs or configures them. */
function texts(host: ResolvedHost): readonly Text[] {
  const of = (what: string, settings: readonly Setting<unknown>[]) =>
    settings.map((setting) => ({ what: `${what} ${setting.key}`, origin: setting.origin, text: flat(setting.value) }));
  return [
    ...of("unit", host.units),
    ...of("script", host.scripts),
    ...of("file", host.files),
    ...of("NixOS option", host.nixos),
    ...host.checks
      .filter((check) => check.kind === "command")
      .map((check) => ({ what: `check ${check.args[0]}`, origin: check.origin, text: check.args.join("\n") })),
  ];
}

/** All plain values inside a value, one a line. */
function flat(value: unknown): string {
  return typeof value === "object" && value !== null ? Object.values(value).map(flat).join("\n") : String(value);
}

function* boundToControl(host: ResolvedHost): Generator<Violation> {
  const own = host.interfaces.filter((port) => port.control).flatMap((port) => port.addresses.map((a) => a.address));
  const addresses = [...own.map(String), ...(host.managementAddress === undefined ? [] : [host.managementAddress])];
  if (addresses.length === 0) return;
  const alternatives = addresses.map((address) => address.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const pattern = new RegExp(`(^|[^0-9A-Za-z.:-])(${alternatives})(?![0-9A-Za-z-]|\\.[0-9A-Za-z])`, "m");
  for (const { what, origin, text } of texts(host)) {
    const found = pattern.exec(text)?.[2];
    if (found === undefined) continue;
    yield {
      path: origin,
      others: [host.path],
      what: `${what} of ${host.name} names its control address`,
      value: found,
      allowed: host.addresses.map((address) => address.value.settings).join(", ") || "an address on an experiment LAN",
      remedy: "the address of an experiment interface",
    };
  }
}

function* unbound(host: ResolvedHost): Generator<Violation> {
  const all = texts(host);
  for (const program of PROGRAMS) {
    const start = all.find(({ text }) => program.runs.test(text));
    if (start === undefined || all.some(({ text }) => program.bound.test(text))) continue;
    yield {
      path: start.origin,
      others: [host.path],
      what: `${program.name} is started by ${start.what} of ${host.name} and would take the control network`,
      allowed: "an explicit address or interface of the experiment",
      remedy: program.remedy,
    };
  }
}

function* routesOverControl(host: ResolvedHost): Generator<Violation> {
  const control = host.interfaces.filter((port) => port.control).flatMap((port) => port.addresses);
  for (const { value, origin } of host.routes) {
    const { to } = value.settings;
    const covers = to === "default" || control.some(({ address }) => Cidr.parse(to).contains(address));
    if (!covers && !/\/0$/.test(to)) continue;
    yield {
      path: origin,
      others: [host.path],
      what: `the route to ${to} over interface ${value.interface} of ${host.name} takes what belongs to the control network`,
      value: to,
      allowed: "prefixes of the experiment",
      remedy: "the prefixes that are really behind the experiment LAN",
    };
  }
}
