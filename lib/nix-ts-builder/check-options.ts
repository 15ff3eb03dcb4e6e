import { formatPath } from "./error";
import { isComputed, misfits, optionType, shown } from "./option-type";
import { type NixValue, toNix } from "./to-nix";
import type { Binding, NixNode } from "./tree";
import { contentsOf, isWrapper } from "./wrappers";

/** What is known of one option, or of all options of one form. */
export interface OptionEntry {
  /** Path of the option; `*` stands for any one name or list index: `networking.interfaces.*.mtu`. Names with dots in quotes. */
  readonly path: string;
  /**
   * What it takes, in the words of `optionType`; or `section`: a set that holds nothing but what other entries name
   * below it; or `sections`: a list of such sets; or `absent`: no release has it, though guides name it.
   */
  readonly type: string;
  /** First release that has it. @default - all known releases */
  readonly since?: string;
  /** Last release that has it. @default - it is still there */
  readonly until?: string;
  /** What to use instead where it does not fit or exist. @default - nothing to say */
  readonly remedy?: string;
}

/** One place where settings do not fit the options of a release. */
export interface OptionProblem {
  /** Path of the option in Nix notation. */
  readonly path: string;
  /** What is wrong there, as the end of a sentence whose subject is the path, e.g. `does not exist in NixOS 25.05`. */
  readonly what: string;
  /** The value as it was given. */
  readonly value: string;
  /** What would fit: the option's type, the names that exist there, or the releases that have it. */
  readonly accepted: string;
  /** How to fix it. @default - no single remedy */
  readonly remedy?: string;
  /** Origin of the binding that set it. @default - unknown */
  readonly origin?: string;
}

/** The entries as a tree of names. */
interface Level {
  readonly names: Map<string, Level>;
  /** Several when an option changed between releases. */
  readonly entries: OptionEntry[];
}

const LEVELS = new WeakMap<readonly OptionEntry[], Level>();

/**
 * Compares settings with what is known of the options of a release, without evaluating anything: literals are checked, also
 * inside `mkIf`, `mkForce` and their like; whatever Nix computes is taken to fit. Options that the catalogue does not
 * know are left alone, except inside its sections.
 *
 * @param config what a module sets: plain data or a set with bindings
 * @param release as NixOS names it, e.g. `26.05`
 * @returns all problems, in the order of the settings
 */
export function checkOptions(config: NixValue, catalogue: readonly OptionEntry[], release: string): OptionProblem[] {
  const walk = new Walk(release);
  walk.visit(toNix(config, { name: "config" }), levelOf(catalogue), [], undefined);
  return walk.problems;
}

function levelOf(catalogue: readonly OptionEntry[]): Level {
  const known = LEVELS.get(catalogue);
  if (known !== undefined) return known;
  const root: Level = { names: new Map(), entries: [] };
  for (const entry of catalogue) {
    let level = root;
    for (const match of entry.path.matchAll(/"([^"]*)"|([^.]+)/g)) {
      const name = match[1] ?? match[2]!;
      const below = level.names.get(name) ?? { names: new Map(), entries: [] };
      level.names.set(name, below);
      level = below;
    }
    level.entries.push(entry);
  }
  LEVELS.set(catalogue, root);
  return root;
}

function isOf(type: "section" | "sections", level: Level): boolean {
  return level.entries.some((entry) => entry.type === type);
}

type Path = readonly (string | number)[];

class Walk {
  readonly problems: OptionProblem[] = [];
  private readonly release: string;

  constructor(release: string) {
    this.release = release;
  }

  /**
   * Option trees are as deep as option paths, so this may recurse. `closed` says that a set at this place holds nothing but
   * what the catalogue names.
   */
  visit(node: NixNode, level: Level, path: Path, origin: string | undefined, closed = false): void {
    if (node.kind === "call" && isWrapper(node)) {
      for (const content of contentsOf(node)) this.visit(content, level, path, origin, closed);
      return;
    }
    const entry = this.entryOf(level, node, path, origin);
    if (entry === "absent") return;
    if (entry?.type === "absent") {
      this.report(path, "does not exist", shown(node), "no such option in any release", entry, origin);
      return;
    }
    if (entry === undefined || entry.type === "section")
      this.visitSet(node, level, path, origin, closed || entry !== undefined);
    if (entry === undefined || entry.type === "sections")
      this.visitItems(node, level, path, origin, entry !== undefined);
    if (entry === undefined || isComputed(node)) return;
    if (entry.type === "section" || entry.type === "sections") {
      const [kind, accepted] = entry.type === "section" ? ["attrs", "a set"] : ["list", "a list of sets"];
      if (node.kind !== kind) this.report(path, "has the wrong type", shown(node), accepted, entry, origin);
    } else {
      for (const misfit of misfits(node, optionType(entry.type))) {
        this.report([...path, ...misfit.path], "has the wrong type", misfit.value, entry.type, entry, origin);
      }
    }
  }

  private visitSet(node: NixNode, level: Level, path: Path, origin: string | undefined, closed: boolean): void {
    if (node.kind !== "attrs") return;
    for (const binding of node.bindings) this.visitBinding(binding, level, path, origin, closed);
  }

  private visitItems(node: NixNode, level: Level, path: Path, origin: string | undefined, closed: boolean): void {
    if (node.kind !== "list") return;
    const below = level.names.get("*") ?? level;
    node.items.forEach((item, index) => {
      this.visit(item, below, [...path, index], origin, closed);
    });
  }

  private visitBinding(binding: Binding, level: Level, path: Path, above: string | undefined, closed: boolean): void {
    if (binding.kind === "inherit") return;
    const origin = binding.origin ?? above;
    let below: Level | undefined = level;
    let here = path;
    let isClosed = closed;
    for (const step of binding.path) {
      if (typeof step !== "string") return;
      here = [...here, step];
      const next: Level | undefined = below.names.get(step) ?? below.names.get("*");
      if (next === undefined) {
        if (isClosed) this.unknown(here, below, origin);
        return;
      }
      isClosed = isOf("section", next) || isOf("sections", below);
      below = next;
    }
    this.visit(binding.value, below, here, origin);
  }

  /** The entry for this release; a path that other releases have is reported. */
  private entryOf(level: Level, node: NixNode, path: Path, origin?: string): OptionEntry | undefined | "absent" {
    if (level.entries.length === 0) return undefined;
    const fitting = level.entries.find(
      ({ since, until }) =>
        (since === undefined || since <= this.release) && (until === undefined || this.release <= until),
    );
    if (fitting !== undefined) return fitting;
    const known = level.entries.map(({ since, until }) => (since === undefined ? `up to ${until}` : `since ${since}`));
    this.report(
      path,
      `does not exist in NixOS ${this.release}`,
      shown(node),
      `there ${known.join(" or ")}`,
      level.entries[0]!,
      origin,
    );
    return "absent";
  }

  private unknown(path: Path, level: Level, origin: string | undefined): void {
    const names = [...level.names.keys()].sort().join(", ");
    this.report(path, "is not known to NixOS here", formatPath(path.slice(-1)), names, undefined, origin);
  }

  private report(
    path: Path,
    what: string,
    value: string,
    accepted: string,
    entry: OptionEntry | undefined,
    origin: string | undefined,
  ): void {
    const remedy = entry?.remedy === undefined ? {} : { remedy: entry.remedy };
    this.problems.push({
      path: formatPath(path),
      what,
      value,
      accepted,
      ...remedy,
      ...(origin !== undefined && { origin }),
    });
  }
}
