import type { IConstruct } from "constructs";
import { assertAcceptable, defineProblem, type Problem } from "../errors";
import { fileMode, PathNames } from "../host";
import { FILE_TWICE } from "../render/linux";
import type { LockFile } from "./lock";
import { refuseTokens } from "./tokens";

const STACK_FILE_NAME = defineProblem("NL-FILE-NAME", "A stack writes files below its folder that nobody else uses");

/** A file of the stack's output folder. */
export interface StackFile {
  /** Text, written as it is. */
  readonly content: string;
  /** Octal. */
  readonly mode: string;
  /** Path of the construct that wrote it. */
  readonly origin: string;
}

const PATH = /^[A-Za-z0-9_][A-Za-z0-9_.@:+-]*(\/[A-Za-z0-9_.@:+-]+)*$/;
const RESERVED =
  /^(cdk\.tf(\.json)?$|metadata\.json$|netloom\.json$|rules\.json$|agent\.sh$|checks\.sh$|deploy\.cjs$|flake\.(nix|lock)$|terraform\.|hosts\/|shared\/|report\/|assets\/)/;

/** What a plan may be made from, besides the construct. */
export interface PlanContext {
  /** Addresses and keys that outlive this run. */
  readonly lock: LockFile;
  /** Names for what is named after construct paths in one place, such as the files of a folder. */
  readonly names: (place: string) => PathNames;
}

/** A construct that writes files of its own into the stack's folder. */
export interface IStackFeature<P = unknown> extends IConstruct {
  plan(context: PlanContext): P;
  contributeFiles(files: StackFiles, plan: P): void;
}

/** Collects the files that one stack writes, besides Terraform's own. */
export class StackFiles {
  /** Addresses and keys that outlive this run. */
  readonly lock: LockFile;
  /** What constructs reported so far. */
  readonly reported: Problem[] = [];
  /** @internal what stack features have planned */
  readonly plans = new Map<object, unknown>();
  private reporter: string | undefined;
  private readonly files = new Map<string, StackFile>();
  private readonly secrets = new Map<string, string>();
  private readonly places = new Map<string, PathNames>();

  constructor(lock: LockFile) {
    this.lock = lock;
  }

  /** Adds a file by its path below the stack's folder. Throws on a path that is taken, reserved or leads outside. */
  add(origin: string, path: string, content: string, mode = "0644"): void {
    const other = this.files.get(path);
    if (other !== undefined) {
      throw FILE_TWICE({
        path: origin,
        others: [other.origin],
        what: "two constructs write the same file",
        value: path,
        allowed: "one writer per file",
        remedy: "give one of the constructs another id, if the file is named after it",
      });
    }
    if (!PATH.test(path) || /(^|\/)\.\.?(\/|$)/.test(path) || RESERVED.test(path)) {
      throw STACK_FILE_NAME({
        path: origin,
        what: "not a path that a stack may write",
        value: path,
        allowed: "a relative path of A-Z a-z 0-9 _ . @ : + - that Terraform and Netloom do not use themselves",
        remedy: "construct ids of letters, digits and dashes, if the file is named after a construct",
      });
    }
    refuseTokens(origin, path, content);
    this.files.set(path, { content, mode: fileMode(origin, path, mode), origin });
  }

  /** Names for what is named after construct paths in one place, such as the files of a folder; of one synthesis. */
  names(place: string): PathNames {
    const names = this.places.get(place) ?? new PathNames();
    this.places.set(place, names);
    return names;
  }

  /**
   * Reports problems that do not keep the construct from writing its files. They stop the synthesis, unless somebody
   * accepts them with `Rules.acknowledge`; what is thrown instead cannot be accepted.
   */
  report(problems: readonly Problem[]): void {
    for (const { code } of problems) assertAcceptable(code);
    this.reported.push(...problems.map((problem) => ({ path: this.reporter, ...problem })));
  }

  /** @internal lets a construct add its files; what it reports without a path is its own */
  from(construct: IStackFeature): void {
    this.reporter = construct.node.path;
    const plan = construct.plan({ lock: this.lock, names: (place) => this.names(place) });
    this.plans.set(construct, plan);
    construct.contributeFiles(this, plan);
    this.reporter = undefined;
  }

  /** States that the members of a mesh share pre-shared keys derived from a secret file on the deploying machine. */
  presharedKeys(mesh: string, secretFile: string): void {
    this.secrets.set(mesh, secretFile);
  }

  /** The file at a path, if there is one. */
  get(path: string): StackFile | undefined {
    return this.files.get(path);
  }

  /** All files, sorted by path. */
  entries(): readonly (readonly [string, StackFile])[] {
    return [...this.files].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Secret files by the path of their mesh. */
  presharedKeyMeshes(): ReadonlyMap<string, string> {
    return this.secrets;
  }
}
