import { type ParseArgsConfig, parseArgs } from "node:util";
import { defineProblem } from "../errors";
import { nearest } from "../nearest";
import { columns, type Style } from "./style";

/** The caller's own fault: ends with exit status 2. */
export const USAGE = defineProblem("NL-CLI-USAGE", "A command is written as its help says");

/** The edge of a command: everything it may touch besides files below `cwd`. */
export interface Terminal {
  readonly cwd: string;
  readonly style: Style;
  out(text: string): void;
  err(text: string): void;
}

export interface OptionSpec {
  readonly type: "string" | "boolean";
  readonly short?: string;
  /** What the value is called in the help. @default - the option takes no value */
  readonly value?: string;
  readonly help: string;
}

/** What was written behind the command's name. */
export interface Words {
  readonly positionals: readonly string[];
  readonly text: Readonly<Record<string, string | undefined>>;
  readonly flags: ReadonlySet<string>;
}

/** A command of the program. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** What follows the name, e.g. `<host> [key]`. */
  readonly words: string;
  /** Least and most words. */
  readonly count: readonly [number, number];
  readonly details: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Exit status: 0 done, 1 not. */
  run(words: Words, terminal: Terminal): number | Promise<number>;
}

const HELP: OptionSpec = { type: "boolean", short: "h", help: "show this help" };

/** Splits the words behind a command's name. Throws `NL-CLI-USAGE` on what the command does not take. */
export function parseWords(command: Command, args: readonly string[]): Words {
  const options = { ...command.options, help: HELP };
  const { values, positionals } = parsed(command, args, options);
  const [least, most] = command.count;
  if (values["help"] !== true && (positionals.length < least || positionals.length > most)) {
    throw USAGE({
      what: positionals.length < least ? "a word is missing" : "there are more words than the command takes",
      value: positionals.join(" "),
      allowed: `netloom ${command.name} ${command.words}`.trim(),
      remedy: `netloom ${command.name} --help`,
    });
  }
  const entries = Object.entries(values);
  return {
    positionals,
    text: Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string")),
    flags: new Set(entries.filter(([, value]) => value === true).map(([name]) => name)),
  };
}

function parsed(command: Command, args: readonly string[], options: Readonly<Record<string, OptionSpec>>) {
  const config: ParseArgsConfig["options"] = Object.fromEntries(
    Object.entries(options).map(([name, { type, short }]) => [name, short === undefined ? { type } : { type, short }]),
  );
  try {
    return parseArgs({ args: [...args], options: config, allowPositionals: true });
  } catch (error) {
    const unknown = /^Unknown option '-{0,2}([^'=]*)/.exec((error as Error).message)?.[1];
    const near = unknown === undefined ? [] : nearest(unknown, Object.keys(options));
    throw USAGE({
      what: unknown === undefined ? firstSentence((error as Error).message) : "there is no such option",
      value: unknown === undefined ? undefined : `--${unknown}`,
      allowed: Object.keys(options)
        .map((name) => `--${name}`)
        .join(", "),
      remedy: near.length > 0 ? near.map((name) => `--${name}`).join(" or ") : `netloom ${command.name} --help`,
    });
  }
}

function firstSentence(text: string): string {
  return text.split(/\.\s|\n/, 1)[0]!;
}

/** The help of one command. */
export function commandHelp(command: Command, style: Style): string {
  const rows = Object.entries({ ...command.options, help: HELP }).map(([name, option]) => [
    `  ${option.short === undefined ? "    " : `-${option.short}, `}--${name}${option.value === undefined ? "" : ` ${option.value}`}`,
    option.help,
  ]);
  const usage = `netloom ${command.name} ${command.words}`.trim();
  return `${style.strong(usage)}\n\n${command.details.trim()}\n\n${style.strong("Options")}\n${columns(rows)}`;
}
