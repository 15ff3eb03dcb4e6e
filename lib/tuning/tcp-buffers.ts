import { defineProblem } from "../errors";
import { Bytes, bdp, type Duration, type Rate } from "../units";
import { type DerivedSysctl, type KernelVersion, kernelAtLeast, nextPowerOfTwo } from "./derivation";

const TCP_BUFFER = defineProblem("NL-TCP-BUFFER", "The kernel can hold the buffers that a path needs");
const TCP_STREAMS = defineProblem("NL-TCP-STREAMS", "A path is shared by a whole number of streams");

const SOURCE = "Linux Documentation/networking/ip-sysctl.rst, net/ipv4/tcp.c, net/ipv4/tcp_ipv4.c";

/** The kernel refuses more: the keys are signed 32-bit integers. */
export const TCP_BUFFER_LIMIT = Bytes.of(2 ** 31 - 1);

/** TCP numbers at most 65535·2^14 bytes ahead (RFC 7323), so a larger window is of no use. */
export const TCP_WINDOW_LIMIT = Bytes.of(65535 * 2 ** 14);

const MIN_BUFFER = 4096;
const RECEIVE_START = 131072;
const SEND_START = 16384;
/** Half of a buffer counts as overhead with the default `tcp_adv_win_scale` of 1. */
const BUFFER_PER_WINDOW = 2;

/** A network path that TCP is tuned for. */
export interface TcpPath {
  /** Rate of the slowest link on the path. */
  readonly rate: Rate;
  /** Round-trip time without queueing. */
  readonly rtt: Duration;
  /** Parallel connections that share the path. @default 1 */
  readonly streams?: number;
  /** Kernel of the host, for what it does by default. @default - an old one is assumed, whose defaults are the smallest */
  readonly kernel?: KernelVersion;
}

/** Buffer limits for a path, and how they were found. */
export interface TcpBuffers {
  /** Bandwidth-delay product of one stream. */
  readonly bdp: Bytes;
  /** Largest receive buffer that the host should allow: the derived one, or the kernel's own if that is larger. */
  readonly receiveMax: Bytes;
  /** Largest send buffer that the host should allow: the derived one, or the kernel's own if that is larger. */
  readonly sendMax: Bytes;
  /** What has to be written; empty when the kernel's defaults are enough. */
  readonly sysctls: readonly DerivedSysctl[];
  /** The derivation, also when nothing has to be written. */
  readonly because: string;
  /** Documents and kernel sources that the arithmetic follows. */
  readonly source: string;
}

/** Largest buffers that TCP grows to by itself. 6.1 has 6 and 4 MiB, 6.18 has 32 and 4 MiB. */
export function kernelTcpBuffers(kernel?: KernelVersion): {
  /** Last number of `net.ipv4.tcp_rmem`. */
  readonly receive: Bytes;
  /** Last number of `net.ipv4.tcp_wmem`. */
  readonly send: Bytes;
} {
  return { receive: Bytes.mib(kernelAtLeast(kernel, [6, 18]) ? 32 : 6), send: Bytes.mib(4) };
}

/**
 * TCP buffer limits that let one stream fill the path: twice the bandwidth-delay product, as a power of two. Never
 * less than what the kernel does anyway, and nothing at all where that is enough, as on any LAN.
 * Throws `NL-TCP-BUFFER` when the path needs more than the kernel can be told.
 */
export function tcpBuffers(path: TcpPath): TcpBuffers {
  const streams = path.streams ?? 1;
  if (!Number.isInteger(streams) || streams < 1) {
    throw TCP_STREAMS({ what: "a path has at least one stream", value: streams, allowed: "1, 2, 3 …" });
  }
  const perStream = Bytes.of(Math.ceil(bdp(path.rate, path.rtt).toBytes() / streams));
  const wanted = nextPowerOfTwo(BUFFER_PER_WINDOW * perStream.toBytes());
  const max = Math.min(wanted, TCP_BUFFER_LIMIT.toBytes());
  if (perStream.compareTo(TCP_WINDOW_LIMIT) > 0) {
    throw TCP_BUFFER({
      what: `one TCP stream cannot fill ${path.rate} × ${path.rtt}: the window would have to be ${perStream}`,
      value: perStream.toBytes(),
      allowed: `at most ${TCP_WINDOW_LIMIT} in flight for each stream`,
      remedy: `streams: ${Math.ceil(bdp(path.rate, path.rtt).toBytes() / TCP_WINDOW_LIMIT.toBytes())}`,
    });
  }
  const byKernel = kernelTcpBuffers(path.kernel);
  const share = streams === 1 ? "" : ` / ${streams} streams`;
  const because = `2 × BDP of ${path.rate} × ${path.rtt}${share} (${perStream.toBytes()} bytes), as a power of two`;
  const sysctls: DerivedSysctl[] = [];
  const add = (key: string, start: number, least: Bytes): Bytes => {
    if (max <= least.toBytes()) return least;
    sysctls.push({ key, value: `${MIN_BUFFER} ${start} ${max}`, because, source: SOURCE });
    return Bytes.of(max);
  };
  const receiveMax = add("net.ipv4.tcp_rmem", RECEIVE_START, byKernel.receive);
  const sendMax = add("net.ipv4.tcp_wmem", SEND_START, byKernel.send);
  return {
    bdp: perStream,
    receiveMax,
    sendMax,
    sysctls,
    because: sysctls.length > 0 ? because : `${because}: ${Bytes.of(max)}, no more than the kernel's own limits allow`,
    source: SOURCE,
  };
}

/** The window scale that the kernel announces: `clamp(⌊log2(largest receive buffer)⌋ − 15, 0, 14)`. */
export function windowScale(largestReceiveBuffer: Bytes): number {
  const log2 = Math.floor(Math.log2(Math.max(1, largestReceiveBuffer.toBytes())));
  return Math.min(14, Math.max(0, log2 - 15));
}

const PAGE = 4096;

/**
 * `tcp_mem` as the kernel sets it at boot for a machine with `memory`, in pages: 3/64, 1/16 and 3/32 of it.
 * Above the middle value TCP is under memory pressure and shrinks windows.
 */
export function kernelTcpMem(memory: Bytes): readonly [low: number, pressure: number, high: number] {
  const pressure = Math.floor(memory.toBytes() / PAGE / 16);
  const low = Math.floor(pressure / 4) * 3;
  return [low, pressure, low * 2];
}

/** Whether `flows` sockets with full buffers of `max` would use more than half of what TCP may use unpressed. */
export function strainsTcpMemory(flows: number, max: Bytes, memory: Bytes): boolean {
  return flows * max.toBytes() > (kernelTcpMem(memory)[1] * PAGE) / 2;
}
