import { readFileSync } from "node:fs";
import { transformSync } from "esbuild";
import { describe, expect, it } from "vitest";
import * as builder from "../../lib/nix-ts-builder";
import { itWith } from "../support/tools";
import { parseText } from "./support/nix";

const PAGE = readFileSync(new URL("../../docs/nix-ts-builder.md", import.meta.url), "utf8");

/** The examples of the page: a heading, TypeScript that logs something, and what it logs. */
const EXAMPLES = [
  ...PAGE.matchAll(/### (\d+\. .+)\n[\s\S]*?```ts\n([\s\S]*?)```\n[\s\S]*?```(nix|text)\n([\s\S]*?)```/g),
].map(([, title, code, language, output]) => ({ title: title!, code: code!, language: language!, output: output! }));

/** Runs an example as a reader would, and answers what it logs. */
function run(code: string): string {
  const { code: script } = transformSync(code, { loader: "ts", format: "cjs" });
  const logged: string[] = [];
  const load = (name: string): unknown => {
    if (name !== "netloom/nix-ts-builder") throw new Error(`an example imports ${name}`);
    return builder;
  };
  new Function("require", "console", script)(load, { log: (text: unknown) => logged.push(String(text)) });
  return logged.join("\n");
}

describe("docs/nix-ts-builder.md", () => {
  it("has ten worked examples", () => {
    expect(EXAMPLES.map(({ title }) => title.split(".")[0])).toEqual(
      Array.from({ length: 10 }, (_, index) => String(index + 1)),
    );
  });

  it.each(EXAMPLES)("shows what example $title really writes", ({ code, output }) => {
    expect(run(code).trimEnd()).toBe(output.trimEnd());
  });

  itWith(["nix-instantiate"], "shows Nix that Nix can read", () => {
    for (const { title, language, output } of EXAMPLES) {
      if (language === "nix") expect(parseText(`lib: ${output}`), title).toBeDefined();
    }
  });

  it("names everything that the package exports", () => {
    for (const name of Object.keys(builder)) expect(PAGE, name).toContain(`\`${name}`);
    for (const name of Object.keys(builder.nix)) expect(PAGE, `nix.${name}`).toContain(`nix.${name}`);
  });
});
