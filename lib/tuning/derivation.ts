/** A value together with how it was found, in words that go into generated files. */
export interface Derivation<T> {
  /** What was found, e.g. a size, a count or a verdict. */
  readonly value: T;
  /** The arithmetic or the argument, as one clause. */
  readonly because: string;
  /** Document that the rule or the number comes from. */
  readonly source: string;
}

/** A kernel parameter that a derivation asks for. */
export interface DerivedSysctl extends Derivation<string> {
  /** Name as for `sysctl`, e.g. `net.ipv4.tcp_rmem`. */
  readonly key: string;
}

/** Kernel version as `[major, minor]`. */
export type KernelVersion = readonly [number, number];

/** True when `kernel` is known and at least `wanted`. */
export function kernelAtLeast(kernel: KernelVersion | undefined, wanted: KernelVersion): boolean {
  if (kernel === undefined) return false;
  return kernel[0] !== wanted[0] ? kernel[0] > wanted[0] : kernel[1] >= wanted[1];
}

/** The smallest power of two that is at least `value`. */
export function nextPowerOfTwo(value: number): number {
  let power = 1;
  while (power < value) power *= 2;
  return power;
}
