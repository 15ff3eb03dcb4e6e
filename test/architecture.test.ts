// Holds the source to what docs/architecture.md promises: rooms import in one direction, and no file imports itself by a detour.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

/** Files by the files that they import; what the compiler erases (`import type`) binds readers just as much and counts. */
type Imports = ReadonlyMap<string, readonly string[]>;

/** A room imports from those that stand before it. */
const LADDER = [
  ...[
    "nearest",
    "errors",
    "contract",
    "units",
    "net",
    "hardware",
    "tuning",
    "nix-ts-builder",
    "host",
    "rules",
    "render",
  ],
  ...["synth", "constructs"],
];
/** Rooms that import nothing: they are used, or bundled, without the rest. */
const ALONE = ["nix-ts-builder", "contract", "agent", "deploy", "lock"];
/** What users see. They may import all of the ladder, and nothing imports them. */
const FACES = ["index", "features", "testing", "cli"];
/** Beside the ladder: synth knows where the agent's scripts lie, and whoever changes the lock file does it in the same way. */
const BESIDE = ["synth → agent", "cli → deploy", "synth → lock", "deploy → lock", "deploy → contract"];
/** Rules that read what users wrote: for secrets, for settings that go past Netloom, and for programs on the control network. */
const TEXT_RULES = ["bypass", "secrets"].map((name) => `lib/rules/${name}.ts`);
/** Settings of a host that are text, and the text in them. */
const TEXT = /\.(files|scripts|units|nftables|udevRules|nixos|notes|content|text)\b|\btextOf\(/;

/** Between the areas of constructs, from the one that knows nothing of the others to those that build on it. */
const AREAS_BUILT_ON = ["host", "fabric"];

const IMPORT = /(?:\bfrom\s+|\bimport\s*\(?\s*|\brequire\s*\(\s*)"([^"]+)"/g;

describe("the source", () => {
  const imports = importsBelow("lib");

  it("is read: every room of the table is there and imports are found", () => {
    expect(new Set([...imports.keys()].map(roomOf))).toEqual(new Set([...LADDER, ...ALONE, ...FACES]));
    expect([...imports.values()].flat().length).toBeGreaterThan(500);
  });

  it("has no circle of imports, types included", () => {
    expect(circles(imports)).toEqual([]);
  });

  it("imports from earlier rooms only", () => {
    expect(edges(imports).filter(([from, to]) => !mayImport(roomOf(from), roomOf(to)))).toEqual([]);
  });

  it("builds areas of constructs on host and fabric only", () => {
    const across = edges(imports).filter(
      ([from, to]) => areaOf(from) !== undefined && areaOf(to) !== undefined && areaOf(from) !== areaOf(to),
    );
    expect(across.filter(([, to]) => !AREAS_BUILT_ON.includes(areaOf(to)!))).toEqual([]);
    expect(across.filter(([from]) => AREAS_BUILT_ON.includes(areaOf(from)!))).toEqual([]);
  });

  it("is laid out as the page of the architecture says, exceptions included", () => {
    const page = readFileSync("docs/architecture.md", "utf8").split("\n## Rooms\n")[1]!.split("\n## ")[0]!;
    const rows = [...page.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell]) => cell!.match(/(?<=`lib\/)[\w-]+/g) ?? []);
    expect([...rows].sort()).toEqual(
      [...LADDER, ...ALONE, ...FACES].filter((r, i, all) => all.indexOf(r) === i).sort(),
    );
    expect(rows.filter((room) => LADDER.includes(room))).toEqual(LADDER);
    const isInOrder = (way: string) => {
      const [from, to] = way.split(" → ") as [string, string];
      return !ALONE.includes(from) && rows.indexOf(to) < rows.indexOf(from);
    };
    const named = [...page.matchAll(/`(\w+ → \w+)`/g)].map((match) => match[1]!);
    expect(named.sort()).toEqual(BESIDE.filter((way) => !isInOrder(way)).sort());
  });

  it("gives nothing of its own the name `require`, which loads packages here", () => {
    const shadowing = /\b(?:const|let|var|function|class)\s+require\b/;
    expect([...imports.keys()].filter((file) => shadowing.test(readFileSync(file, "utf8")))).toEqual([]);
  });

  it("judges hosts by settings and facts, never by a text that is written for them", () => {
    const rules = [...imports.keys()].filter((file) => roomOf(file) === "rules" && !file.endsWith("text-of.ts"));
    expect(rules.filter((file) => TEXT.test(readFileSync(file, "utf8")))).toEqual(TEXT_RULES);
  });

  it("has the entry points of the package wherever they must be listed", () => {
    const read = (file: string) => JSON.parse(readFileSync(file, "utf8"));
    const { exports, typesVersions } = read("package.json");
    const sources = new Map<string, string>(
      Object.entries<{ default: string }>(exports)
        .filter(([name]) => name !== "./package.json")
        .map(([name, { default: built }]) => [
          name.replace(/^\./, "netloom"),
          built.replace(/^\.\/dist\/(.*)\.js$/, "lib/$1.ts"),
        ]),
    );
    expect(sources.size).toBeGreaterThan(7);
    expect([...sources.values()].filter((file) => !imports.has(file))).toEqual([]);
    const paths = Object.entries<string[]>(read("tsconfig.check.json").compilerOptions.paths);
    expect(new Map(paths.map(([name, [file]]) => [name, file!.slice("./".length)]))).toEqual(sources);
    expect(read("typedoc.json").entryPoints).toEqual([...sources.values()]);
    const types = Object.entries<string[]>(typesVersions["*"]);
    expect(
      types.map(([name, [file]]) => [`netloom/${name}`, file!.replace(/^\.\/dist\/(.*)\.d\.ts$/, "lib/$1.ts")]),
    ).toEqual([...sources].slice(1));
  });

  it("has a front door of at most 80 names", () => {
    const exported = [...readFileSync("lib/index.ts", "utf8").matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(
      ([, names]) => names!.split(",").filter((name) => name.trim() !== ""),
    );
    expect(readFileSync("lib/index.ts", "utf8")).not.toMatch(/export (?:type )?\*/);
    expect(exported.length).toBeGreaterThan(40);
    expect(exported.length).toBeLessThanOrEqual(80);
  });

  it("imports cdktf in one file", () => {
    const importers = [...imports.keys()].filter((file) =>
      packagesOf(file).some((name) => name === "cdktf" || name.startsWith("cdktf/") || name.startsWith("@cdktf/")),
    );
    expect(importers).toEqual(["lib/synth/cdktf.ts"]);
  });

  it("lets the runner do without any package", () => {
    const runner = [...imports.keys()].filter((file) => ["deploy", "contract", "lock"].includes(roomOf(file)));
    expect(runner.flatMap(packagesOf).filter((name) => !name.startsWith("node:"))).toEqual([]);
  });
});

describe("the tests", () => {
  it("leave the working directory of the process alone, which threads share", () => {
    const files = readdirSync("test", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter((name) => /process\.chdir\(/.test(readFileSync(join("test", name), "utf8")))).toEqual([]);
  });
});

describe("the search for circles", () => {
  it("finds a circle over three files, and no more than that", () => {
    const imports = new Map([
      ["a", ["b"]],
      ["b", ["c"]],
      ["c", ["a", "d"]],
      ["d", []],
      ["e", ["a"]],
    ]);
    expect(circles(imports)).toEqual([["a", "b", "c"]]);
  });
});

function importsBelow(root: string): Imports {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(root, name))
    .sort();
  const known = new Set(files);
  return new Map(
    files.map((file) => {
      const targets = specifiersOf(file)
        .filter((name) => name.startsWith("."))
        .flatMap((name) => {
          const path = join(dirname(file), name);
          const target = [`${path}.ts`, join(path, "index.ts")].find((candidate) => known.has(candidate));
          return target === undefined ? [] : [target];
        });
      return [file, targets];
    }),
  );
}

function specifiersOf(file: string): readonly string[] {
  return [...readFileSync(file, "utf8").matchAll(IMPORT)].map((match) => match[1]!);
}

function packagesOf(file: string): readonly string[] {
  return specifiersOf(file).filter((name) => !name.startsWith("."));
}

function edges(imports: Imports): readonly (readonly [from: string, to: string])[] {
  return [...imports].flatMap(([from, targets]) => targets.map((to) => [from, to] as const));
}

/** `lib/render/plan.ts` → `render`, `lib/errors.ts` → `errors`. */
function roomOf(file: string): string {
  return file.split("/")[1]!.replace(/\.ts$/, "");
}

function areaOf(file: string): string | undefined {
  return roomOf(file) === "constructs" ? file.split("/")[2] : undefined;
}

function mayImport(from: string, to: string): boolean {
  if (from === to || BESIDE.includes(`${from} → ${to}`)) return true;
  if (ALONE.includes(from) || !LADDER.includes(to)) return false;
  return FACES.includes(from) || LADDER.indexOf(to) < LADDER.indexOf(from);
}

/** The circles of a graph: its strongly connected parts of more than one file (Tarjan 1972), sorted. */
function circles(imports: Imports): readonly (readonly string[])[] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const path: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    low.set(file, order.get(file)!);
    path.push(file);
    for (const next of imports.get(file) ?? []) {
      if (!order.has(next)) visit(next);
      if (path.includes(next)) low.set(file, Math.min(low.get(file)!, low.get(next)!));
    }
    if (low.get(file) !== order.get(file)) return;
    const part = path.splice(path.indexOf(file));
    if (part.length > 1) found.push(part.sort());
  };
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return found;
}
