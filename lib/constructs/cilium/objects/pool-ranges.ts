import { defineReport, type Problem } from "../../../errors";
import { Cidr, IpAddress } from "../../../net";
import { isCidr, isIp } from "../net-formats";
import { advertisesServices } from "./bgp-references";
import type { L2AnnouncementPolicySpec, LoadBalancerIpPoolSpec } from "./network-types";
import type { ObjectSet, UsedRange } from "./object-set";

const IDLE_ANNOUNCEMENT = defineReport("NL-CILIUM-L2-IDLE", "A policy of announcements announces something");
const POOL_BLOCK = defineReport("NL-CILIUM-POOL", "A block of a pool is a network or two addresses in order");
const POOL_OVERLAP = defineReport("NL-CILIUM-POOL-OVERLAP", "Pools overlap nothing else");
const POOL_SILENT = defineReport("NL-CILIUM-POOL-SILENT", "Addresses of a pool are announced");

/** A range of addresses and where it comes from. */
interface Range {
  readonly path: string;
  readonly text: string;
  readonly use: string;
  readonly family: number;
  readonly first: bigint;
  readonly last: bigint;
  readonly pool: boolean;
}

/** Pools that collide, that cannot be read, or that nobody announces. */
export function poolProblems(objects: ObjectSet, used: readonly UsedRange[]): readonly Problem[] {
  const problems: Problem[] = [];
  const ranges: Range[] = used.map(({ cidr, use }) => ({ ...ofCidr(cidr), path: "", use, pool: false }));
  for (const { path, json } of objects.ofKind("CiliumLoadBalancerIPPool")) {
    for (const block of (json["spec"] as LoadBalancerIpPoolSpec).blocks ?? []) {
      const range = blockRange(block);
      if (range === undefined) {
        problems.push({
          code: POOL_BLOCK.id,
          path,
          what: "a block of the pool is neither a range nor two addresses in order",
          value: block,
          allowed: `{ cidr: "192.0.2.0/24" } or { start: "192.0.2.10", stop: "192.0.2.20" }`,
        });
      } else ranges.push({ ...range, path, use: `the pool ${json.metadata.name}`, pool: true });
    }
  }
  return [...problems, ...collisions(ranges), ...unannounced(objects), ...idleAnnouncements(objects)];
}

function blockRange(block: { cidr?: string; start?: string; stop?: string }) {
  if (block.cidr !== undefined) return block.start === undefined && isCidr(block.cidr) ? ofCidr(block.cidr) : undefined;
  const { start, stop = start } = block;
  if (start === undefined || stop === undefined || !isIp(start) || !isIp(stop)) return undefined;
  const [first, last] = [IpAddress.parse(start), IpAddress.parse(stop)];
  if (first.family !== last.family || first.number > last.number) return undefined;
  return { text: `${start}-${stop}`, family: first.family, first: first.number, last: last.number };
}

function ofCidr(text: string) {
  const [address, length] = text.split("/");
  const network = Cidr.containing(IpAddress.parse(address!), Number(length));
  const size = 1n << BigInt(network.network.bits - Number(length));
  const first = network.network.number;
  return { text, family: network.family, first, last: first + size - 1n };
}

/** One sweep over the sorted ranges: each pool is compared with the furthest-reaching range before it. */
function collisions(ranges: readonly Range[]): Problem[] {
  const sorted = [...ranges].sort(
    (a, b) => a.family - b.family || compare(a.first, b.first) || compare(a.last, b.last),
  );
  const problems: Problem[] = [];
  const open: Range[] = [];
  for (const range of sorted) {
    const live = open.filter((other) => other.family === range.family && other.last >= range.first);
    open.splice(0, open.length, ...live, range);
    for (const other of live) {
      if (!range.pool && !other.pool) continue;
      const [pool, rest] = range.pool ? [range, other] : [other, range];
      problems.push({
        code: POOL_OVERLAP.id,
        path: pool.path,
        ...(rest.path !== "" && rest.path !== pool.path && { others: [rest.path] }),
        what: `${pool.text} of ${pool.use} overlaps ${rest.text} of ${rest.use}: two things would answer for one address`,
        value: pool.text,
        remedy: "ranges that do not overlap",
      });
    }
  }
  return problems;
}

function unannounced(objects: ObjectSet): Problem[] {
  if (objects.ofKind("CiliumL2AnnouncementPolicy").length > 0 || advertisesServices(objects)) return [];
  return objects
    .ofKind("CiliumLoadBalancerIPPool")
    .filter(({ json }) => (json["spec"] as LoadBalancerIpPoolSpec).disabled !== true)
    .map(({ path }) => ({
      code: POOL_SILENT.id,
      path,
      what: "services get addresses from this pool, but nothing tells the network where they are",
      remedy:
        "a CiliumL2AnnouncementPolicy, or a CiliumBGPAdvertisement of type Service (AnycastAddresses has both parts)",
    }));
}

function idleAnnouncements(objects: ObjectSet): Problem[] {
  return objects
    .ofKind("CiliumL2AnnouncementPolicy")
    .filter(({ json }) => {
      const spec = (json["spec"] ?? {}) as L2AnnouncementPolicySpec;
      return spec.externalIPs !== true && spec.loadBalancerIPs !== true;
    })
    .map(({ path }) => ({
      code: IDLE_ANNOUNCEMENT.id,
      path,
      what: "the policy announces neither external nor load-balancer addresses, so it does nothing",
      remedy: "loadBalancerIPs: true",
    }));
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
