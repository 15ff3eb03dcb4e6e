import type { LineResult } from "./line";
import { exponent, type Sample } from "./measure";

/** A budget that is kept as a ratio, so that a slow machine does not break it. */
export interface Gate {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  readonly kept: boolean;
}

const MIB = 2 ** 20;

/** Every budget that the lines of this run can judge. */
export function gates(lines: readonly LineResult[]): readonly Gate[] {
  const line = (id: string) => {
    const found = lines.find((one) => one.id === id);
    return found === undefined ? [] : [found];
  };
  return [
    ...line("hosts-1000").flatMap((one) => [hostsGate(one), memoryGate(one)]),
    ...line("mesh-1000").flatMap((one) => [
      most("full mesh of 1,000: processor time against plain hosts", ratio(one.subject, one.reference!), 1.75),
      most("full mesh of 1,000: MB written in all", one.subject.bytes / 1e6, 6),
    ]),
    ...growth(lines, "hosts-", "hosts"),
    ...growth(lines, "mesh-", "full mesh"),
    ...line("mesh-1000").flatMap((one) => linear(one, lines)),
    ...line("unchanged").flatMap((one) => [most("unchanged: files written", one.rewritten!.length, 0)]),
    ...line("one-changed").flatMap((one) => [most("one host changed: files of others written", foreign(one), 0)]),
    ...line("plan").flatMap((one) => [
      most("terraform plan against as many bare terraform_data", ratio(one.subject, one.reference!), 1.2),
    ]),
    ...line("type-check").flatMap((one) => [
      most("type check against plain cdktf", ratio(one.subject, one.reference!), 1.5),
    ]),
    ...line("start-up").flatMap((one) => [
      // An entry point loads what stands behind it, at most in the time that cdktf takes by itself.
      most("require against cdktf alone", ratio(one.subject, one.reference!), 2),
    ]),
    ...line("policies").flatMap((one) => [
      most("1,000 policies against bare YAML printing", ratio(one.subject, one.reference!), 4),
    ]),
    ...line("printer-20000").flatMap((one) => [
      most("Nix printer against JSON.stringify", ratio(one.subject, one.reference!), 40),
    ]),
    ...growth(lines, "printer-", "Nix printer"),
    ...growth(lines, "manifest-", "manifest"),
  ];
}

function hostsGate({ subject, floor, reference }: LineResult): Gate {
  const limit = Math.max(7 * floor!.cpu, 1.3 * reference!.cpu);
  return most(
    "1,000 hosts: processor time in parts of the larger budget (7 floors, 1.3 empty apps)",
    subject.cpu / limit,
    1,
  );
}

function memoryGate({ subject, reference }: LineResult): Gate {
  return most("1,000 hosts: MiB over an empty cdktf app", (subject.peak - reference!.peak) / MIB, 200);
}

/** Between the two largest sizes, where start-up no longer hides the slope. */
function growth(lines: readonly LineResult[], prefix: string, what: string): Gate[] {
  const sized = lines.filter((one) => new RegExp(`^${prefix}\\d+$`).test(one.id)).slice(-2);
  if (sized.length < 2) return [];
  const [small, large] = sized.map(({ subject }) => [subject.bytes, subject.cpu] as const);
  return [most(`${what}: growth exponent of processor time over bytes`, exponent(small!, large!), 1.1)];
}

/** Bytes per member must not grow with the number of members, but for the digits of addresses and names. */
function linear(largest: LineResult, lines: readonly LineResult[]): Gate[] {
  const smaller = lines.find((one) => one.id === "mesh-100");
  if (smaller === undefined) return [];
  const perMember = (one: LineResult, members: number) => (one.subject.bytes - FIXED_BYTES) / members;
  return [
    most("full mesh: bytes per member, 1,000 against 100", perMember(largest, 1000) / perMember(smaller, 100), 1.1),
  ];
}

/** The agent, its checks and the runner, which every stack carries once: about 265 kB. */
const FIXED_BYTES = 265_000;

function foreign({ rewritten }: LineResult): number {
  const changed = new Set(rewritten!.flatMap((path) => /\/hosts\/([^/]+)\//.exec(path)?.slice(1) ?? []));
  const outside = rewritten!.filter((path) => !/\/(hosts\/[^/]+\/.*|netloom\.json|cdk\.tf\.json)$/.test(path));
  return Math.max(0, changed.size - 1) + outside.length;
}

function ratio(subject: Sample, reference: Sample): number {
  return subject.cpu / reference.cpu;
}

function most(what: string, value: number, limit: number): Gate {
  return { what, value, limit, kept: value <= limit };
}
