import { MachineType } from "../hardware";
import { PathFact, type ResolvedHost, type Setting } from "../host";
import type { FleetModel, Rule, Violation } from "./engine";
import { ESSENTIAL_TCP, SYSCTLS, type SysctlFact } from "./sysctl-catalogue";

const SOURCE = "Linux Documentation/networking/ip-sysctl.rst";
const NO_COOKIE = 0x4 | 0x200;
const PAGE_BYTES = 4096;
/** Four times what Linux needs for a full window (half of the buffer is overhead), for paths that were guessed short. */
const MANY_BDP = 8;
/** The middle of `tcp_rmem` since Linux 4.20 (net/ipv4/tcp.c); guides still carry the 87380 of before. */
const FIRST_WINDOW = 131072;

/** Calls `judge` for every sysctl of every host, together with what is known of the key. */
function eachSysctl(
  judge: (setting: Setting<string>, fact: SysctlFact, host: ResolvedHost) => Omit<Violation, "path"> | undefined,
) {
  return function* (fleet: FleetModel): Generator<Violation> {
    for (const host of fleet.hosts) {
      for (const setting of host.sysctls) {
        const violation = judge(setting, SYSCTLS[setting.key] ?? {}, host);
        if (violation !== undefined)
          yield { path: setting.origin, value: `${setting.key} = ${setting.value}`, ...violation };
      }
    }
  };
}

function numbers(setting: Setting<string>): readonly number[] {
  return setting.value.split(" ").map(Number);
}

/** Rules about kernel parameters, whoever sets them. */
export const SYSCTL_RULES: readonly Rule[] = [
  {
    id: "NL-034",
    severity: "error",
    title: "No key that the kernel no longer has",
    why: "sysctl fails on it, and what stands behind it in the file may not be applied",
    source: SOURCE,
    check: eachSysctl((setting, fact) =>
      fact.avoid?.kind === "removed"
        ? { what: `${setting.key} is ${fact.avoid.why}`, remedy: "leave it out" }
        : undefined,
    ),
  },
  {
    id: "NL-034-NOOP",
    severity: "warning",
    title: "No key without effect",
    why: "a setting that does nothing hides the ones that do",
    source: SOURCE,
    check: eachSysctl((setting, fact) => {
      if (fact.avoid?.kind === "no-op") return { what: `${setting.key} is ${fact.avoid.why}`, remedy: "leave it out" };
      if (fact.default !== setting.value || setting.priority === "force") return undefined;
      return {
        what: `${setting.key} = ${setting.value} is the kernel's default, so this changes nothing`,
        remedy: `leave it out, or give { priority: "force" } to hold it against other files`,
      };
    }),
  },
  {
    id: "NL-035",
    severity: "error",
    title: "Values within the documented range",
    why: "the kernel takes some values outside of it silently and behaves as nobody documented",
    source: SOURCE,
    check: eachSysctl((setting, fact) => outOfRange(setting, fact)),
  },
  {
    id: "NL-038",
    severity: "error",
    title: "Timestamps, SACK and window scaling stay on",
    why: "without them a connection is limited to 64 KiB in flight, recovers one loss per round trip, or accepts old segments as new",
    source: "RFC 7323, RFC 2018",
    check: eachSysctl((setting) =>
      ESSENTIAL_TCP.includes(setting.key) && setting.value === "0" && setting.priority !== "force"
        ? {
            what: `${setting.key} = 0 cripples TCP on every path with a bandwidth-delay product above 64 KiB`,
            allowed: "1",
            remedy: `leave it out, or give { priority: "force" } for an experiment about exactly this`,
          }
        : undefined,
    ),
  },
  {
    id: "NL-060",
    severity: "error",
    title: "No TCP Fast Open without cookies",
    why: "without cookies anybody can make a server send data to a forged address",
    source: "RFC 7413; ip-sysctl.rst, tcp_fastopen",
    check: eachSysctl((setting) =>
      setting.key === "net.ipv4.tcp_fastopen" &&
      (Number(setting.value) & NO_COOKIE) !== 0 &&
      setting.priority !== "force"
        ? {
            what: "the bits 0x4 and 0x200 of tcp_fastopen switch cookies off",
            allowed: "combinations of 1, 2 and 0x400",
            remedy: "3",
          }
        : undefined,
    ),
  },
  {
    id: "NL-031",
    severity: "warning",
    title: "Buffers are not lowered",
    why: "tuning guides carry ceilings that were large ten years ago and are below today's defaults",
    source: "Linux net/ipv4/tcp.c: 6 MiB receive and 4 MiB send, receive 32 MiB from 6.18 on",
    check: eachSysctl((setting, _fact, host) => {
      const least = bufferDefault(setting.key, host.kernel);
      if (least === undefined) return undefined;
      if (Math.max(...numbers(setting)) >= least) return lowStart(setting);
      return {
        what: `${setting.key} would lower the largest buffer below the kernel's own ${least} bytes`,
        allowed: `at least ${least}`,
        remedy: "leave it out, or derive it: { path: { rate, rtt } }",
      };
    }),
  },
  {
    id: "NL-031-BDP",
    severity: "warning",
    title: "Buffers in proportion to the path",
    why: "a window of many BDP only fills queues, and every socket may take that much memory",
    source: "RFC 7323, section 1.1",
    check: eachSysctl((setting, _fact, host) => {
      const least = bufferDefault(setting.key, host.kernel);
      if (least === undefined) return undefined;
      const bytes = Math.max(
        0,
        ...host.facts(PathFact).map(({ value }) => (value.rateBps / 8) * (value.rttMicros / 1e6)),
      );
      const most = Math.max(...numbers(setting));
      if (bytes === 0 || most <= Math.max(least, MANY_BDP * bytes)) return undefined;
      return {
        what: `${setting.key} is ${Math.round(most / bytes)} times what the path of the host can hold in flight`,
        allowed: `at most ${Math.round(MANY_BDP * bytes)} bytes, ${MANY_BDP} BDP`,
        remedy: "leave it out: it is derived from { path: { rate, rtt } }",
      };
    }),
  },
  {
    id: "NL-032",
    severity: "error",
    title: "tcp_mem and udp_mem are in pages",
    why: "given in bytes they allow TCP four thousand times the memory that was meant, which is more than there is",
    source: SOURCE,
    check: eachSysctl((setting, _fact, host) => {
      if (setting.key !== "net.ipv4.tcp_mem" && setting.key !== "net.ipv4.udp_mem") return undefined;
      const memory = host.machineType === undefined ? undefined : MachineType.find(host.machineType)?.memoryGib;
      const pages = memory === undefined ? Number.POSITIVE_INFINITY : (memory * 2 ** 30) / PAGE_BYTES;
      if (numbers(setting).every((n) => n <= pages)) return undefined;
      return {
        what: `${setting.key} is in pages of ${PAGE_BYTES} bytes, and ${host.name} has ${pages} of them`,
        allowed: `at most ${pages}`,
        remedy: `${numbers(setting)
          .map((n) => Math.floor(n / PAGE_BYTES))
          .join(" ")}, if bytes were meant; better leave it out, the kernel derives it from its memory`,
      };
    }),
  },
  {
    id: "NL-059",
    severity: "warning",
    title: "Connection tracking gets buckets with its entries",
    why: "entries that share too few buckets are found by walking lists, for every packet",
    source: "Linux Documentation/networking/nf_conntrack-sysctl.rst",
    check: eachSysctl((setting, _fact, host) => {
      if (setting.key !== "net.netfilter.nf_conntrack_max") return undefined;
      if (host.sysctls.some(({ key }) => key === "net.netfilter.nf_conntrack_buckets")) return undefined;
      return {
        what: "nf_conntrack_max without nf_conntrack_buckets",
        allowed: "both, with as many buckets as entries",
        remedy: `host.sysctl("net.netfilter.nf_conntrack_buckets", ${setting.value}, { because: "…" })`,
      };
    }),
  },
  {
    id: "NL-044",
    severity: "warning",
    title: "Strict reverse path filtering only on hosts with one network",
    why: "a packet that comes in by another way than the answer would take is dropped without a trace",
    source: "RFC 3704; ip-sysctl.rst, rp_filter",
    check: eachSysctl((setting, _fact, host) => {
      const networks = host.interfaces.length + host.wireguard.length;
      if (!/^net[./]ipv4[./]conf[./].*[./]rp_filter$/.test(setting.key) || setting.value !== "1" || networks < 2)
        return undefined;
      return {
        what: `strict reverse path filtering on a host with ${networks} networks drops asymmetric traffic`,
        allowed: "0 or 2 (loose)",
        remedy: "2",
      };
    }),
  },
];

function bufferDefault(key: string, kernel: readonly [number, number] | undefined): number | undefined {
  const recent = kernel !== undefined && (kernel[0] > 6 || (kernel[0] === 6 && kernel[1] >= 18));
  if (key === "net.ipv4.tcp_rmem") return (recent ? 32 : 6) * 2 ** 20;
  if (key === "net.ipv4.tcp_wmem") return 4 * 2 ** 20;
  if (key === "net.core.rmem_max" || key === "net.core.wmem_max") return recent ? 4 * 2 ** 20 : 212992;
  return undefined;
}

/** What a receiver offers at first is the middle of the vector, and it grows from there by the round trip. */
function lowStart(setting: Setting<string>): Omit<Violation, "path"> | undefined {
  const middle = numbers(setting)[1];
  if (setting.key !== "net.ipv4.tcp_rmem" || middle === undefined || middle >= FIRST_WINDOW) return undefined;
  return {
    what: `connections would begin with a receive buffer of ${middle} bytes, less than the kernel's own ${FIRST_WINDOW}`,
    allowed: `at least ${FIRST_WINDOW} in the middle`,
    remedy: `"${setting.value.replace(` ${middle} `, ` ${FIRST_WINDOW} `)}", or derive it: { path: { rate, rtt } }`,
  };
}

function outOfRange(setting: Setting<string>, fact: SysctlFact): Omit<Violation, "path"> | undefined {
  const words = setting.value.split(" ");
  const count = fact.count ?? 1;
  if (fact.words !== undefined) {
    if (fact.words.includes(setting.value)) return undefined;
    return { what: `${setting.key} does not take this value`, allowed: fact.words.join(", ") };
  }
  if (fact.range === undefined) return undefined;
  const [least, most] = fact.range;
  const allowed = `${count === 1 ? "a whole number" : `${count} whole numbers`} from ${least} to ${most}`;
  const values = numbers(setting);
  if (words.length !== count) return { what: `${setting.key} takes ${count} values`, allowed };
  if (values.some((n) => !Number.isInteger(n) || n < least || n > most)) {
    return { what: `${setting.key} is out of its documented range`, allowed };
  }
  if (count === 3 && !(values[0]! <= values[1]! && values[1]! <= values[2]!)) {
    return {
      what: `the three values of ${setting.key} are minimum, default and maximum, so they must not fall`,
      allowed,
    };
  }
  return undefined;
}
