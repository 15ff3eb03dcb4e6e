import { DEFAULT_WINDOW, LARGEST_WINDOW } from "../contract";
import type { HostFailure } from "./failure";

/**
 * How the guarded steps of a deploy relate to what `rehearse` measures, which is the reading part of arming and one turn
 * of the local checks. On emulated machines that were 28–125 s, while arming, activating and the local checks took
 * 59–289 s together: up to 2.3 times as long, and they have 70 % of the window. 2.3 / 0.7 = 3.3, and some room for a load
 * that changes.
 */
const LEAST_FACTOR = 3.5;
/**
 * With room for activations that do more than others, which are what the measurement says least about, and for a load
 * that comes while the window is open: on emulated machines beside other work, arming and activating alone took 3.1 times as long,
 * and they have 60 %. 3.1 / 0.6 = 5.2.
 */
const FACTOR = 7;

/** Milliseconds: a rehearsal that takes longer needs a window that is larger than the largest. */
export const REHEARSE_TIMEOUT = Math.floor((LARGEST_WINDOW * 1000) / LEAST_FACTOR);

/** What was measured on a host, in milliseconds. */
export interface Rehearsal {
  readonly host: string;
  readonly milliseconds: number;
}

/** A host whose window is asked for. `set` is what the stack says, in seconds. @default - the stack says nothing */
export interface WindowWish {
  readonly host: string;
  readonly set?: number;
}

/** Seconds of the smallest window in which a deploy has a chance, by what was measured. */
export function smallestWindow(milliseconds: number): number {
  return Math.ceil((LEAST_FACTOR * milliseconds) / 1000);
}

/** Seconds of the window where the stack does not set one: at least the default, at most the largest. */
export function derivedWindow(milliseconds: number): number {
  return Math.min(LARGEST_WINDOW, Math.max(DEFAULT_WINDOW, Math.ceil((FACTOR * milliseconds) / 1000)));
}

/** The slowest host, for which all others of the wave wait in each step. */
export function slowest(rehearsals: readonly Rehearsal[]): Rehearsal | undefined {
  return [...rehearsals].sort((a, b) => b.milliseconds - a.milliseconds || (a.host < b.host ? -1 : 1))[0];
}

/** The windows of a wave by host, in seconds, and those that are too short to begin with. */
export function windowsOf(
  wishes: readonly WindowWish[],
  rehearsals: readonly Rehearsal[],
): { readonly windows: ReadonlyMap<string, number>; readonly tooShort: readonly HostFailure[] } {
  const slow = slowest(rehearsals);
  const milliseconds = slow?.milliseconds ?? 0;
  const windows = new Map(wishes.map(({ host, set }) => [host, set ?? derivedWindow(milliseconds)]));
  const least = smallestWindow(milliseconds);
  const tooShort = [...windows].filter(([, seconds]) => seconds < least);
  return { windows, tooShort: tooShort.map(([host, seconds]) => refusal(host, seconds, slow!, least)) };
}

function refusal(host: string, seconds: number, slow: Rehearsal, least: number): HostFailure {
  const took = `reading the host and its local checks took ${(slow.milliseconds / 1000).toFixed(1)} s on ${slow.host}`;
  return {
    host,
    step: "window",
    said: `a window of ${seconds} s is too short: ${took}, for which it takes a window of at least ${least} s`,
    remedy:
      least > LARGEST_WINDOW
        ? `the largest window is ${LARGEST_WINDOW} s: make the checks of ${slow.host} quicker, those of phase "local" first`
        : `new Deployment(stack, { window: Duration.seconds(${least}) }), or leave the window out, which derives it`,
  };
}
