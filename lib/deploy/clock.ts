import { sleep } from "./process";

/** Time as a deploy sees it; tests set their own. */
export interface Clock {
  /** Milliseconds that never go back, from some moment on. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

/** Not the time of day, which somebody may set while a window is open. */
export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  sleep,
};
