import type { Image } from "./images";
import type { Processes } from "./processes";

export interface Machine {
  readonly image: Image;
  /** Last octet of its addresses: 02:00:00:00:02:0N is the control port (ens3), 02:00:00:00:01:0N the data port (ens4). */
  readonly number: number;
  /** Ports on 127.0.0.1 that lead to its SSH, and to a service on its control port. */
  readonly ports: Readonly<Record<ForwardedPort, number>>;
}

/** TCP ports of the control port that can be reached from outside. */
export const FORWARDED = [22, 873] as const;
export type ForwardedPort = (typeof FORWARDED)[number];

/** ctl is the control port, exp the data port. */
export type Cable = "ctl" | "exp";

/** What a machine runs on. Its process has the name of the machine; when it ends, the power is off. */
export interface Emulator {
  /** Commands that it needs, and the Debian packages that have them. */
  readonly needs: Readonly<Record<string, string>>;
  /** Files of a machine, by their ending, that go with its disk. */
  readonly files: readonly string[];
  /** Boots a machine from its disk, which is made if there is none. The switch listens at the socket `hub`. */
  start(processes: Processes, name: string, machine: Machine, hub: string): Promise<void>;
  /** Ends what serves a machine whose power is off. */
  clear(processes: Processes, name: string): Promise<void>;
  setCable(processes: Processes, name: string, cable: Cable, isPlugged: boolean): Promise<void>;
}

/** What both kernels are told, but for their disk and console. */
export const KERNEL_ARGUMENTS = "ro quiet loglevel=4 apparmor=0 audit=0 systemd.mask=e2scrub_reap.service".split(" ");
