import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import * as netloom from "netloom";
import * as cilium from "netloom/cilium";
import * as cloudlab from "netloom/cloudlab";
import * as features from "netloom/features";
import * as nixTsBuilder from "netloom/nix-ts-builder";
import * as rdma from "netloom/rdma";
import * as testing from "netloom/testing";
import * as tuning from "netloom/tuning";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { type Example, examples, pages, pageText } from "./markdown";

const MODULES: Readonly<Record<string, unknown>> = {
  netloom,
  "netloom/cilium": cilium,
  "netloom/cloudlab": cloudlab,
  "netloom/features": features,
  "netloom/nix-ts-builder": nixTsBuilder,
  "netloom/rdma": rdma,
  "netloom/testing": testing,
  "netloom/tuning": tuning,
};
const nodeRequire = createRequire(import.meta.url);

/** Runs an example; `stack` is a stack `lab` unless the example makes one of its own. */
function run(example: Example): testing.SynthResult {
  const { outputText } = ts.transpileModule(example.code.replace(WHOLE_PROGRAM, ""), {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
  });
  const body = new Function("require", "exports", "stack", `{${outputText.replace('"use strict";', "")}\n}`);
  const stack = testing.testStack("lab");
  const load = (name: string) => MODULES[name] ?? nodeRequire(name);
  try {
    body(load, {}, stack);
  } catch (error) {
    if (!(error instanceof netloom.NetloomError)) throw error;
    return { ...testing.synthToFiles(() => undefined), errors: [error.message] };
  }
  return testing.synthToFiles(stack);
}

/** What the README shows of a whole program makes way for the stack `lab` in memory. */
const WHOLE_PROGRAM =
  /^(import .* from "cdktf";|const app = new App\(\);|const stack = new TerraformStack\(app, "lab"\);|app\.synth\(\);)\n/gm;

/**
 * Blocks without an import are fragments. An example that makes an app of its own in another way would write files here;
 * it is type-checked by the package tests.
 */
const isRun = (example: Example) =>
  /from "netloom/.test(example.code) &&
  !example.code.replace(WHOLE_PROGRAM, "").includes("new App(") &&
  !example.shown.some((block) => block.words.includes("not-run"));

describe.each(pages())("%s", (page) => {
  const found = examples(page, pageText(page));
  it.each(found.filter(isRun))("line $line does what it shows", (example) => {
    const result = run(example);
    const shown = (word: string) => example.shown.filter((block) => block.words.includes(word));
    if (shown("error").length === 0) expect(result.errors).toEqual([]);
    for (const block of shown("error")) expect(result.errors.join("\n")).toContain(block.text.trimEnd());
    const warnings = result.annotations.map((annotation) => annotation.message).join("\n");
    for (const block of shown("warning")) expect(warnings).toContain(block.text.trimEnd());
    const notes = [...result.hosts.values()].flatMap((host) => host.notes.map((note) => note.text)).join("\n");
    for (const block of shown("note")) expect(notes).toContain(block.text.trimEnd());
    for (const block of example.shown) {
      const file = block.words.find((word) => word.startsWith("file="))?.slice("file=".length);
      if (file === undefined) continue;
      expect([...result.files.keys()]).toContain(file);
      // A block may leave out the end, or lines in between, by a line of dots.
      for (const part of block.text.split(/^.*…\n/m)) expect(result.files.get(file)).toContain(part);
    }
  });

  it("links only to what is there", () => {
    const here = new URL(`../../${page}`, import.meta.url);
    const links = [...pageText(page).matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)].map((match) => match[1]!);
    const broken = links.filter((link) => !/^[a-z]+:/.test(link) && !existsSync(new URL(link, here)));
    expect(broken).toEqual([]);
  });
});
