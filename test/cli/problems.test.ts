// Holds the library to one declaration for each id, and one meaning.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ruleCatalogue } from "../../lib/cli/commands/rules";
import { matrixData } from "../../lib/constructs/cilium/data";
import { defineProblem, defineReport, type ProblemText } from "../../lib/errors";
import { Rules } from "../../lib/rules";
import { StackFeature, type StackFiles } from "../../lib/synth";
import { synthToFiles, testStack } from "../../lib/testing";

/** The code of each file, without comments and imports. */
const sources = readdirSync("lib", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => readFileSync(join("lib", name), "utf8"))
  .map((text) => text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|^import [\s\S]*?;$/gm, ""));

/** Ids that texts show as examples. */
const SHOWN = ["NL-014"];

describe("ids", () => {
  it("are declared once: spelled once in the whole source, and known to netloom rules", async () => {
    const known = Object.values(await ruleCatalogue()).flatMap((texts: readonly ProblemText[]) =>
      texts.map(({ id }) => id),
    );
    expect(known.filter((id, i) => known.indexOf(id) !== i)).toEqual([]);
    const spelled = sources.flatMap((text) => [...text.matchAll(/"(NL-[A-Z0-9-]*[A-Z0-9])"/g)].map(([, id]) => id!));
    expect(spelled.length).toBeGreaterThan(200);
    const twice = spelled.filter((id, i) => spelled.indexOf(id) !== i && !SHOWN.includes(id));
    expect(twice).toEqual([]);
    // The ids of the matrix are data.
    const matrix = matrixData().rules.map(({ id }) => `NL-CILIUM-${id}`);
    expect(new Set([...spelled, ...matrix])).toEqual(new Set(known));
  });

  it("have one meaning: what constructors throw is in no list of what can be accepted", async () => {
    const { stack, clusters, constructs, values } = await ruleCatalogue();
    const acceptable = new Set([...stack, ...clusters].map(({ id }) => id));
    expect([...constructs, ...values].filter(({ id }) => acceptable.has(id))).toEqual([]);
    expect(constructs.length).toBeGreaterThan(5);
    expect(values.length).toBeGreaterThan(100);
  });

  it("are raised somewhere", () => {
    const names = sources.flatMap((text) => [...text.matchAll(/const ([A-Z0-9_]+) = define(?:Problem|Report)\(/g)]);
    expect(names.length).toBeGreaterThan(150);
    const all = sources.join("\n");
    const uses = (name: string) => all.match(new RegExp(`\\b${name}\\b`, "g"))!.length;
    expect(names.map(([, name]) => name!).filter((name) => uses(name) < 2)).toEqual([]);
  });

  it("that are reported are not thrown: no file that knows one throws a list", () => {
    const reports = sources.flatMap((text) => [...text.matchAll(/const ([A-Z0-9_]+) = defineReport\(/g)]);
    expect(reports.length).toBeGreaterThan(10);
    const files = sources.filter((text) => reports.some(([, name]) => new RegExp(`\\b${name}\\.id`).test(text)));
    expect(files.filter((text) => /failAll\(|new NetloomError\(/.test(text))).toEqual([]);
  });
});

describe("a declaration", () => {
  it("is refused when its id is taken", () => {
    expect(() => defineReport("NL-CIDR", "again")).toThrow("NL-CIDR is declared twice");
  });

  it("of what is thrown keeps rules and reports from using the id", () => {
    const thrown = defineProblem("NL-TEST-THROWN", "A test");
    expect(() => Rules.add(testStack(), { ...thrown, why: "x", check: () => [] })).toThrow("is thrown by constructors");
    class Reporter extends StackFeature {
      contributeFiles(files: StackFiles): void {
        files.report([{ code: thrown.id, what: "reported" }]);
      }
    }
    const { errors } = synthToFiles((stack) => void new Reporter(stack, "r"));
    expect(errors.join()).toContain("NL-TEST-THROWN is thrown by constructors");
  });
});
