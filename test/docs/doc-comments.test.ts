import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";

const SCRIPT = resolve("scripts/check-doc-comments.mjs");
const made: string[] = [];

/** What the lint says about a package of these files, without the line that counts. */
function problems(files: Readonly<Record<string, string>>): readonly string[] {
  const root = mkdtempSync(join(tmpdir(), "doc-comments-"));
  made.push(root);
  for (const [path, text] of Object.entries({
    "tsconfig.json": `{ "compilerOptions": { "strict": true, "lib": ["ES2022"], "types": [] } }`,
    ...files,
  })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT, "lib/index.ts"], { cwd: root, encoding: "utf8" });
  const lines = stderr.trimEnd().split("\n");
  expect(lines.pop()).toBe(status === 0 ? "" : `doc comments: ${lines.length} are missing`);
  return lines;
}

afterEach(() => {
  for (const root of made.splice(0)) rmSync(root, { recursive: true, force: true });
});

describe("the lint of doc comments", () => {
  it("asks a comment of every export, of every member of it and of what it returns", () => {
    const text = `
export interface Port { readonly mtu: number }
/** A card. */
export class Card { readonly rings = 1; private readonly hidden = 2; toString() { return ""; } }
/** Sizes. */
export function sizes(): { readonly send: number } { return { send: 1 }; }
`;
    expect(problems({ "lib/index.ts": text })).toEqual([
      "lib/index.ts:2: Port has no doc comment",
      "lib/index.ts:2: Port.mtu has no doc comment",
      "lib/index.ts:4: Card.rings has no doc comment",
      "lib/index.ts:4: Card.toString has no doc comment",
      "lib/index.ts:6: sizes.send has no doc comment",
    ]);
  });

  it("asks it of unions, of types within properties, and of what comes from types that are not exported", () => {
    const text = `
interface Base { readonly inherited: string }
/** Either. */
export type Either = { readonly kind: "a" } | (Base & { readonly list: readonly { readonly deep?: 1 }[] });
`;
    expect([...problems({ "lib/index.ts": text })].sort()).toEqual(
      [
        "lib/index.ts:2: Either.inherited has no doc comment",
        "lib/index.ts:4: Either.kind has no doc comment",
        "lib/index.ts:4: Either.list has no doc comment",
        "lib/index.ts:4: Either.list.deep has no doc comment",
        "lib/index.ts:4: Either.list.deep is optional and says no @default",
      ].sort(),
    );
  });

  it("asks it of the members of namespaces, also of those in other files, but not of tables", () => {
    expect(
      problems({
        "lib/index.ts": `
const inner = { deep: 1 };
/** Sizes by name. */
export const SIZES: Record<string, number> = { small: 1 };
/** Ways. */
export const Way = {
  left: () => 1,
  /** To the right. */
  right: () => 2,
  inner,
};
/** Sums. */
export * as sums from "./sums";
`,
        "lib/sums.ts": "export function add() {}\n",
      }),
    ).toEqual([
      "lib/index.ts:2: Way.inner.deep has no doc comment",
      "lib/index.ts:7: Way.left has no doc comment",
      "lib/index.ts:10: Way.inner has no doc comment",
      "lib/sums.ts:1: add has no doc comment",
    ]);
  });

  it("is content with the comment of what a member overrides", () => {
    const text = `
/** What has a width. */
export interface Wide {
  /** In millimetres. */
  readonly width: number;
}
/** A plank. */
export class Plank implements Wide { readonly width = 3; }
`;
    expect(problems({ "lib/index.ts": text })).toEqual([]);
  });

  it("takes a pointer to upstream in place of comments on the fields of Cilium's objects, and only there", () => {
    const pointed = "/** A peer. @see https://docs.cilium.io */\nexport interface Peer { readonly name: string }\n";
    const objects = "lib/constructs/cilium/objects";
    expect(
      problems({
        "lib/index.ts": `export * from "./constructs/cilium/objects/bgp-types";`,
        [`${objects}/bgp-types.ts`]: pointed,
      }),
    ).toEqual([]);
    expect(
      problems({
        "lib/index.ts": `export * from "./constructs/cilium/objects/bgp-types";`,
        [`${objects}/bgp-types.ts`]: pointed.replace(" @see https://docs.cilium.io", ""),
      }),
    ).toEqual([`${objects}/bgp-types.ts:2: Peer.name has no doc comment`]);
    expect(problems({ "lib/index.ts": pointed })).toEqual(["lib/index.ts:2: Peer.name has no doc comment"]);
  });
});
