import { spawnSync } from "node:child_process";

const FLAGS = ["--store", "dummy://", "--option", "restrict-eval", "true"];

function run(args: readonly string[], input: string): { ok: boolean; out: string; error: string } {
  const result = spawnSync("nix-instantiate", [...FLAGS, ...args, "-"], {
    input,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", NIX_PATH: "" },
    maxBuffer: 1 << 30,
  });
  if (result.error !== undefined) throw result.error;
  return { ok: result.status === 0, out: result.stdout, error: result.stderr };
}

/** What real Nix makes of one text, as JSON text; throws with Nix's message when it fails. */
export function evaluateText(text: string): string {
  const { ok, out, error } = run(["--eval", "--strict", "--json"], text);
  if (!ok) throw new Error(`nix-instantiate: ${error.trim()}\n${text.slice(0, 2000)}`);
  return out.trim();
}

/** The value of one text. */
export function evaluate(text: string): unknown {
  return JSON.parse(evaluateText(text));
}

/** The values of many texts from ONE process; each is a list item of its own, on lines of its own. */
export function evaluateAll(texts: readonly string[]): unknown[] {
  return evaluate(`[\n${texts.map((text) => `(\n${text}\n)`).join("\n")}\n]`) as unknown[];
}

/** Nix's own rendering of what it parsed, or undefined when it does not parse. */
export function parseText(text: string): string | undefined {
  const { ok, out } = run(["--parse"], text);
  return ok ? out.trim() : undefined;
}

/** Nix's message about a text that it must refuse. */
export function refusalOf(text: string): string {
  const { ok, error } = run(["--eval", "--strict", "--json"], text);
  return ok ? "" : error;
}
