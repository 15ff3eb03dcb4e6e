import type { IConstruct } from "constructs";
import type { TargetSpec } from "../contract";
import { defineProblem, located, NetloomError, type Problem } from "../errors";
import { compileHost, type IHost, type Provenance, type ResolvedHost } from "../host";
import { type HashedFiles, renderHost, renderSettings } from "../render";
import { ALL_RULES, asFindings, type Finding, addedRules, isFatal, type Rule, runRules } from "../rules";
import { hostDigest } from "./digest";
import type { LockFile } from "./lock";
import { isStackFeature } from "./markers";
import { Progress } from "./progress";
import { SharedFiles } from "./shared-files";
import { StackFiles } from "./stack-files";
import { hasToken, refuseTokens } from "./tokens";

const HALF_CHARACTER = defineProblem("NL-TEXT", "Files hold well-formed Unicode text");

/** A host as it was registered with the deployment of its stack. */
export interface RegisteredHost {
  readonly host: IHost;
  readonly target?: TargetSpec;
  readonly wave: string;
  /** Seconds after which an unconfirmed change reverts. */
  readonly window: number;
}

/** A host with all its files. */
export interface CompiledHost extends RegisteredHost {
  readonly resolved: ResolvedHost;
  /** Everything that reaches the host: its own files, and those that it shares with others. */
  readonly generation: HashedFiles;
  /** Content of `settings.json`, which stays behind. */
  readonly settings: string;
  readonly digest: string;
}

/** One stack, compiled: everything that is written, and everything that was found. */
export interface CompiledStack {
  readonly hosts: readonly CompiledHost[];
  readonly files: StackFiles;
  /** The files of generations that are written once for all hosts. */
  readonly shared: SharedFiles;
  readonly findings: readonly Finding[];
  /** Rules that constructs of the stack brought along. */
  readonly rules: readonly Rule[];
}

/** Compiles all hosts and stack features below `root`. Never throws for bad input: that is in the findings. */
export function compileStack(root: IConstruct, registered: readonly RegisteredHost[], lock: LockFile): CompiledStack {
  const problems: Problem[] = [];
  const constructs = root.node.findAll();
  const files = new StackFiles(lock);
  for (const construct of constructs) {
    if (isStackFeature(construct)) collect(problems, construct.node.path, () => files.from(construct));
  }
  const progress = new Progress(`${root.node.path}: hosts`, registered.length);
  const resolved = registered.map((entry) => compileHost(entry.host, problems, files.plans));
  const rules = addedRules(constructs);
  const findings: Finding[] = [
    ...asFindings(problems),
    ...runRules([...ALL_RULES, ...rules], { hosts: resolved }, constructs, files.reported),
  ];
  const shared = new SharedFiles(files);
  if (findings.some(isFatal)) return { hosts: [], files, shared, findings, rules };
  const rendering: Problem[] = [];
  const hosts = registered.flatMap((entry, i) => {
    const host = collect(rendering, entry.host.node.path, () => compiled(entry, resolved[i]!, shared));
    progress.step();
    return host === undefined ? [] : [host];
  });
  progress.end();
  return { hosts, files, shared, findings: [...findings, ...asFindings(rendering)], rules };
}

function compiled(entry: RegisteredHost, resolved: ResolvedHost, shared: SharedFiles): CompiledHost {
  const files = renderHost(resolved);
  shared.add(files);
  for (const [path, file] of files) {
    if (file.shared === undefined && hasToken(file.content))
      refuseTokens(originOf(resolved), `hosts/${resolved.name}/${path}`, file.content);
    if (!isWellFormed(file.content)) refuseHalves(resolved, `hosts/${resolved.name}/${path}`);
  }
  const tables = [...new Set(resolved.wireguard.map((device) => device.value.table))].sort();
  const generation = new Map([...files, ...tables.map((table) => shared.table(table))]);
  const digest = hostDigest(resolved, generation);
  return { ...entry, resolved, generation, settings: renderSettings(resolved), digest };
}

/** Whether UTF-8 can hold the text: what it cannot would reach the host as another character. */
const isWellFormed = (text: string) => !LONE_SURROGATE.test(text);
const LONE_SURROGATE = /\p{Surrogate}/u;

function refuseHalves(host: ResolvedHost, file: string): never {
  throw HALF_CHARACTER({
    path: originOf(host, (text) => /\\u[dD][89a-fA-F]/.test(text)),
    what: `${file} would hold half of a surrogate pair, which no file can hold`,
    allowed: "well-formed Unicode text",
    remedy: 'text.toWellFormed(), or cut texts by code points: [...text].slice(0, n).join("")',
  });
}

/** The construct whose setting brought something into a file. */
function originOf(host: ResolvedHost, brings: (json: string) => boolean = hasToken): string {
  const settings = Object.values(host).flatMap((kind) => (Array.isArray(kind) ? (kind as unknown[]) : []));
  const guilty = settings.find(
    (setting): setting is Provenance => typeof setting === "object" && brings(JSON.stringify(setting)),
  );
  return guilty?.origin ?? host.path;
}

function collect<T>(problems: Problem[], path: string, run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof NetloomError)) throw located(path, error);
    problems.push(...error.problems.map((problem) => ({ path, ...problem })));
    return undefined;
  }
}
