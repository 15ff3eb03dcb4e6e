import { defineProblem } from "../errors";
import type { MachineType, NicModel } from "../hardware";
import type { Derivation } from "./derivation";

const CPU_MASK = defineProblem("NL-CPU-MASK", "Interrupts go to CPUs that the machine has");

const SCALING = "Linux Documentation/networking/scaling.rst";

/** What a host is tuned for: short waits, or much data for each CPU cycle. */
export type NicProfile = "latency" | "throughput";

/** Combined channels: one for each physical core of the card's NUMA node, as far as the card has them. */
export function combinedChannels(nic: NicModel, machine: MachineType): Derivation<number> {
  const cores = machine.coresPerNumaNode;
  const limit = Math.min(nic.maxQueues ?? Number.POSITIVE_INFINITY, nic.rssQueues ?? Number.POSITIVE_INFINITY);
  const value = Math.min(cores, limit);
  const because =
    value === cores
      ? `one for each of the ${cores} physical cores of a NUMA node of ${machine}; hyper-threads bring nothing`
      : `${nic.name} spreads over ${limit} queues at most`;
  return { value, because, source: SCALING };
}

/** How a ring size that was asked for relates to what the card has. */
export type RingVerdict = "fine" | "above-maximum" | "not-a-multiple" | "unknown-maximum";

/** Compares a ring size with the catalogue. The host's driver may be newer, so this never is an error by itself. */
export function ringVerdict(nic: NicModel, size: number): RingVerdict {
  const multiple = nic.ring.multiple ?? 1;
  if (size % multiple !== 0) return "not-a-multiple";
  if (nic.ring.max === undefined) return "unknown-maximum";
  return size > nic.ring.max ? "above-maximum" : "fine";
}

/**
 * Ring sizes for a profile: the hardware's own limit where bursts must not be dropped; for latency nothing, since
 * a deep ring is a deep queue.
 */
export function ringSize(profile: NicProfile): Derivation<"max"> | undefined {
  if (profile === "latency") return undefined;
  return {
    value: "max",
    because: "bursts of many senders are kept until the CPU comes; the hardware knows its own limit",
    source: "systemd.link(5), RxBufferSize=",
  };
}

/** Hexadecimal CPU mask as the kernel reads it: groups of 32 bits, the highest first, parted by commas. */
export function cpuMask(cpus: readonly number[]): string {
  if (cpus.some((cpu) => !Number.isInteger(cpu) || cpu < 0)) {
    throw CPU_MASK({ what: "CPUs are numbered from 0", value: cpus, allowed: "whole numbers >= 0" });
  }
  let mask = 0n;
  for (const cpu of cpus) mask |= 1n << BigInt(cpu);
  const digits = mask.toString(16);
  const padded = digits.padStart(Math.ceil(digits.length / 8) * 8, "0");
  const groups = padded.match(/.{8}/g) ?? ["0"];
  return [groups[0]!.replace(/^0+(?=.)/, ""), ...groups.slice(1)].join(",");
}

/**
 * CPUs for software receive steering of one queue: those of the card's node without the one that takes the
 * interrupt. Nothing where the card itself spreads over as many queues as there are cores.
 *
 * No construct sets such a mask: the physical cards of the catalogue spread over queues themselves. Throws
 * `NL-CPU-MASK` for a CPU that `machine` does not have.
 * @param machine whose CPUs these are. @default - unknown, so any number passes
 */
export function rpsCpus(
  queues: number,
  nodeCpus: readonly number[],
  irqCpu: number,
  machine?: MachineType,
): Derivation<readonly number[]> {
  if (machine !== undefined) assertCpusOf(machine, [...nodeCpus, irqCpu]);
  if (queues >= nodeCpus.length) {
    return { value: [], because: `${queues} hardware queues serve ${nodeCpus.length} CPUs already`, source: SCALING };
  }
  return {
    value: nodeCpus.filter((cpu) => cpu !== irqCpu),
    because: `${queues} hardware queues for ${nodeCpus.length} CPUs; CPU ${irqCpu} takes the interrupt`,
    source: SCALING,
  };
}

function assertCpusOf(machine: MachineType, cpus: readonly number[]): void {
  const count = machine.cores * machine.cpu.threadsPerCore;
  const absent = cpus.filter((cpu) => !Number.isInteger(cpu) || cpu < 0 || cpu >= count);
  if (absent.length === 0) return;
  throw CPU_MASK({
    what: `${machine} has ${count} CPUs (${machine.cores} cores of ${machine.cpu.threadsPerCore} threads)`,
    value: absent,
    allowed: `0 to ${count - 1}`,
  });
}

const FLOW_ENTRIES = 32768;

/** Receive flow steering: the global table, and the share of each of `queues` queues. */
export function flowSteering(queues: number): Derivation<{
  /** For `net.core.rps_sock_flow_entries`: flows of the whole host. */
  readonly entries: number;
  /** For `rps_flow_cnt` of each receive queue. */
  readonly perQueue: number;
}> {
  return {
    value: { entries: FLOW_ENTRIES, perQueue: Math.floor(FLOW_ENTRIES / queues) },
    because: `${FLOW_ENTRIES} concurrent flows, divided by ${queues} queues`,
    source: SCALING,
  };
}

/** One CPU for each transmit queue, round the node's CPUs. */
export function xpsCpus(queues: number, nodeCpus: readonly number[]): Derivation<readonly number[]> {
  return {
    value: Array.from({ length: queues }, (_, queue) => nodeCpus[queue % nodeCpus.length] ?? 0),
    because: "each transmit queue has one CPU, so no lock is shared",
    source: SCALING,
  };
}
