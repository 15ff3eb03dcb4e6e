import { readFileSync } from "node:fs";
import { join } from "node:path";
import { formatProblem, NetloomError } from "../errors";
import { nearest } from "../nearest";
import { type Command, commandHelp, parseWords, type Terminal, USAGE } from "./command";
import { explainCommand } from "./commands/explain";
import { initCommand } from "./commands/init";
import { keysCommand } from "./commands/keys";
import { rulesCommand } from "./commands/rules";
import { repairCommand, statusCommand, verifyCommand } from "./commands/runner";
import { columns, type Style } from "./style";

const COMMANDS: readonly Command[] = [
  initCommand,
  rulesCommand,
  explainCommand,
  verifyCommand,
  statusCommand,
  repairCommand,
  keysCommand,
];

/** Runs the program. Exit status: 0 done, 1 not done or checks failed, 2 not understood. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    if (error instanceof NetloomError) {
      for (const problem of error.problems)
        terminal.err(`${terminal.style.bad("netloom:")} ${formatProblem(problem)}\n`);
      return error.problems.some((problem) => problem.code === USAGE.id) ? 2 : 1;
    }
    terminal.err(`${terminal.style.bad("netloom:")} ${(error as Error)?.stack ?? String(error)}\n`);
    return 1;
  }
}

async function dispatch(args: readonly string[], terminal: Terminal): Promise<number> {
  const [word, ...rest] = args;
  if (word === undefined || word === "--help" || word === "-h" || (word === "help" && rest.length === 0)) {
    (word === undefined ? terminal.err : terminal.out)(overview(terminal.style));
    return word === undefined ? 2 : 0;
  }
  if (word === "--version" || word === "-V") {
    terminal.out(`${packageVersion()}\n`);
    return 0;
  }
  if (word === "help") return dispatch([rest[0]!, "--help"], terminal);
  const command = commandNamed(word);
  const words = parseWords(command, rest);
  if (words.flags.has("help")) {
    terminal.out(commandHelp(command, terminal.style));
    return 0;
  }
  return command.run(words, terminal);
}

function commandNamed(word: string): Command {
  const found = COMMANDS.find((command) => command.name === word);
  if (found !== undefined) return found;
  const names = COMMANDS.map((command) => command.name);
  const near = nearest(word, names);
  throw USAGE({
    what: word.startsWith("-") ? "there is no such option" : "there is no such command",
    value: word,
    allowed: names.join(", "),
    remedy: near.length > 0 ? near.map((name) => `netloom ${name}`).join(" or ") : "netloom --help",
  });
}

function overview(style: Style): string {
  const rows = COMMANDS.map((command) => [`  ${`${command.name} ${command.words}`.trim()}`, command.summary]);
  return [
    `${style.strong("netloom")}: typed constructs that weave Linux hosts into networks\n`,
    `${style.strong("Usage")}\n  netloom <command> [options]\n`,
    `${style.strong("Commands")}\n${columns(rows)}`,
    "netloom <command> --help tells more; netloom --version prints the version.\n",
  ].join("\n");
}

/** The package's version, read from where npm put it; two levels up both from `lib/cli` and from `dist/cli`. */
function packageVersion(): string {
  const text = readFileSync(join(__dirname, "..", "..", "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
