import { defineProblem } from "../errors";
import type { Derivation } from "./derivation";

const QUEUE_SIZES = defineProblem("NL-053", "Queues of RDMA applications hold what is posted to them", {
  why: "a completion queue that overruns takes its queue pairs down with it",
  source: "ibv_create_cq(3); InfiniBand specification 1.4, section 11.2.8",
  remedy: "the sizes that the message computes",
});

/** Work that may complete on one completion queue at the same time. */
export interface QueuePairLoad {
  /** Queue pairs that share the completion queue. */
  readonly queuePairs: number;
  /** Work requests that each may have posted for sending. */
  readonly sendDepth: number;
  /** Work requests that each may have posted for receiving; every one of them completes. */
  readonly receiveDepth: number;
  /** Every n-th send is signalled, the others complete silently. @default 1 */
  readonly signalEvery?: number;
}

/** Entries that a completion queue needs, so that it cannot overrun whatever completes at once. */
export function completionQueueEntries(load: QueuePairLoad): Derivation<number> {
  const every = load.signalEvery ?? 1;
  const sends = Math.ceil(load.sendDepth / every);
  return {
    value: load.queuePairs * (sends + load.receiveDepth),
    because: `${load.queuePairs} queue pairs × (${sends} signalled sends + ${load.receiveDepth} receives)`,
    source: "ibv_create_cq(3); InfiniBand specification 1.4, section 11.2.8",
  };
}

/** What `ibv_devinfo -v` says of a device. */
export interface DeviceLimits {
  /** Most entries of a completion queue (`max_cqe`). @default - not known */
  readonly maxCqe?: number;
  /** Scatter-gather elements of a work request. @default - not known */
  readonly maxSge?: number;
}

/** Checks the sizes that an application asks for. Throws `NL-053` when work could be lost or the device would refuse. */
export function requireQueueSizes(
  asked: QueuePairLoad & { readonly completionQueue: number; readonly sge?: number },
  device: DeviceLimits = {},
): void {
  const needed = completionQueueEntries(asked);
  if (asked.completionQueue < needed.value) {
    throw QUEUE_SIZES({
      what: `the completion queue overruns: ${needed.because}`,
      value: asked.completionQueue,
      allowed: `at least ${needed.value}`,
      remedy: "fewer queue pairs, shallower queues, a signal on every n-th send only, or more completion queues",
    });
  }
  for (const [what, value, most] of [
    ["completion queue entries", asked.completionQueue, device.maxCqe],
    ["scatter-gather elements", asked.sge, device.maxSge],
  ] as const) {
    if (value !== undefined && most !== undefined && value > most) {
      throw QUEUE_SIZES({ what: `the device has fewer ${what}`, value, allowed: `at most ${most}` });
    }
  }
}
