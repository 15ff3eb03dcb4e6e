import { type CiliumIntent, type L2Announcements, type Maglev, MAGLEV_TABLE_SIZES } from "../intent";
import { defineProblem } from "../../../errors";
import { dispatchOf, goDuration } from "./derived";
import type { ValueEntries } from "./entries";

const LEASE_TIMES = defineProblem("NL-CILIUM-L2-LEASE", "A lease is longer than its renewal and attempts");
const MAGLEV = defineProblem("NL-CILIUM-MAGLEV", "Maglev has a table size and a seed that the agents take");
const NODE_PORT_RANGE = defineProblem("NL-CILIUM-NODEPORT", "The NodePort range is a range of ports");

/** How services enter the cluster, leave it, and are announced. */
export function setServices(values: ValueEntries, intent: CiliumIntent): void {
  setLoadBalancing(values, intent);
  setL2Announcements(values, intent);
  values.set("egressGateway.enabled", intent.egressGateway, "chosen pods leave through chosen nodes");
}

function setLoadBalancing(values: ValueEntries, intent: CiliumIntent): void {
  const balancing = intent.loadBalancing;
  if (balancing === undefined) return;
  const { options } = balancing;
  if (balancing.kind !== "snat") {
    const which = balancing.kind === "dsr" ? "replies" : "TCP replies";
    values.set("loadBalancer.mode", balancing.kind, `${which} go straight to the client, which keeps its address`);
    const dispatch = dispatchOf(intent);
    values.set("loadBalancer.dsrDispatch", dispatch, `how the service address reaches the backend's node: ${dispatch}`);
  }
  if (options.maglev !== undefined) setMaglev(values, options.maglev === true ? {} : options.maglev);
  values.set("loadBalancer.acceleration", options.xdp, "service traffic is handled in the driver");
  values.set("nodePort.directRoutingDevice", options.directRoutingDevice, "device between nodes as stated");
  if (options.nodePortRange !== undefined) {
    const [first, last] = options.nodePortRange;
    if (!Number.isInteger(first) || !Number.isInteger(last) || first < 1 || last > 65535 || first > last) {
      throw NODE_PORT_RANGE({
        what: "invalid port range",
        value: options.nodePortRange,
        allowed: "two ports from 1 to 65535, the first not above the last",
        remedy: "nodePortRange: [30000, 32767]",
      });
    }
    values.set("nodePort.range", `${first},${last}`, "ports of NodePort services as stated");
  }
}

const SEED = /^[A-Za-z0-9+/]{16}$/;

function setMaglev(values: ValueEntries, { tableSize, hashSeed }: Maglev): void {
  values.set("loadBalancer.algorithm", "maglev", "connections keep their backend when a node fails or is added");
  if (tableSize !== undefined && !MAGLEV_TABLE_SIZES.includes(tableSize)) {
    throw MAGLEV({
      what: "the agent exits on any other table size",
      value: tableSize,
      allowed: MAGLEV_TABLE_SIZES.join(", "),
      remedy: "take the first that is at least 100 times the backends of the largest service",
    });
  }
  values.set("maglev.tableSize", tableSize, "about 100 entries for each backend of the largest service");
  if (hashSeed !== undefined && !SEED.test(hashSeed)) {
    throw MAGLEV({
      what: "the hash seed is not 12 bytes in base64",
      value: hashSeed,
      allowed: "16 characters of A-Z a-z 0-9 + /",
      remedy: "head -c12 /dev/urandom | base64 -w0, once in the life of the cluster",
    });
  }
  values.set("maglev.hashSeed", hashSeed, "all nodes must hash alike; never change it in a running cluster");
}

const DEFAULT_SERVICES = 50;
/** The chart's own times, in seconds. Source: Cilium documentation, L2 announcements. */
const LEASE_SECONDS = { leaseDuration: 15, renewDeadline: 5, retryPeriod: 2 };
const LEASE_VALUES = [
  ["leaseDuration", "leaseDuration", "time to failover as stated"],
  ["renewDeadline", "leaseRenewDeadline", "renewal as stated"],
  ["retryPeriod", "leaseRetryPeriod", "retry as stated"],
] as const;
/** Attempts are spread by a fifth. Source: client-go, tools/leaderelection, JitterFactor. */
const LEASE_JITTER = 1.2;

function setL2Announcements(values: ValueEntries, intent: CiliumIntent): void {
  const l2 = intent.l2Announcements;
  if (l2 === undefined) return;
  values.set("l2announcements.enabled", true, "service addresses are announced on the local segment");
  for (const [property, value, because] of LEASE_VALUES) {
    const time = l2[property];
    if (time !== undefined) values.set(`l2announcements.${value}`, goDuration(property, time), because);
  }
  const renew = renewSeconds(l2);
  const services = l2.services ?? DEFAULT_SERVICES;
  // Each service costs one lease renewal per renew deadline; the burst covers a failover of all at once.
  const qps = Math.max(1, Math.ceil(services / renew));
  values.set("k8sClientRateLimit.qps", qps, `${services} services renewed every ${renew} s`);
  values.set("k8sClientRateLimit.burst", 2 * qps, "twice the steady rate, for a failover");
}

/** How often leases are renewed. Times that do not follow each other are refused: the election panics, and the agent with it. */
function renewSeconds(l2: L2Announcements): number {
  const [lease, renew, retry] = LEASE_VALUES.map(([name]) => l2[name]?.toSeconds() ?? LEASE_SECONDS[name]);
  if (retry! > 0 && renew! > LEASE_JITTER * retry! && lease! > renew!) return renew!;
  throw LEASE_TIMES({
    what: "the agent exits where leases are not longer than their renewal, and that not longer than its attempts",
    value: `leaseDuration ${lease} s, renewDeadline ${renew} s, retryPeriod ${retry} s`,
    allowed: `leaseDuration > renewDeadline > ${LEASE_JITTER} × retryPeriod > 0`,
    remedy: "leave them out (15 s, 5 s, 2 s), or give all three in this proportion",
  });
}
