import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { examples, pages, pageText } from "../docs/markdown";
import { install } from "./pack";
import { attempt } from "./run";

const stranger = inject("stranger");

const TSCONFIG = {
  target: "ES2022",
  lib: ["ES2023"],
  types: ["node"],
  strict: true,
  esModuleInterop: true,
  skipLibCheck: true,
  noEmit: true,
};

/** How users' projects find types: the way of cdktf's own templates, and the way of Node. */
const RESOLUTIONS = [
  { module: "CommonJS", moduleResolution: "node10" },
  { module: "node16", moduleResolution: "node16" },
];

beforeAll(async () => {
  await install(stranger, "--save-dev", "typescript@~5.9.3", "@types/node@^20.19.0");
  const documents = join(stranger, "documents");
  mkdirSync(documents);
  for (const page of pages()) {
    for (const { line, code } of examples(page, pageText(page))) {
      // Fragments without an import show a line or two of something larger.
      if (!code.includes('from "netloom')) continue;
      const stack = /\bstack\b/.test(code) && !/\bconst stack\b|\(stack\) =>/.test(code);
      const known = stack ? 'declare const stack: import("cdktf").TerraformStack;\n' : "";
      writeFileSync(join(documents, `${page.replace(/\W+/g, "-")}-line-${line}.ts`), `${known}${code}\nexport {};\n`);
    }
  }
  for (const name of existsSync("examples") ? readdirSync("examples") : []) {
    cpSync(join("examples", name), join(stranger, "examples", name), {
      recursive: true,
      filter: (path) => !/node_modules|cdktf\.out/.test(path),
    });
  }
});

describe.each(RESOLUTIONS)("with $moduleResolution resolution", (resolution) => {
  it("every example of the repository and of the documentation compiles against the packed package", async () => {
    const config = `tsconfig.${resolution.moduleResolution}.json`;
    writeFileSync(
      join(stranger, config),
      JSON.stringify({ compilerOptions: { ...TSCONFIG, ...resolution }, include: ["documents", "examples"] }),
    );
    expect(readdirSync(join(stranger, "documents")).length).toBeGreaterThan(10);
    const { status, stdout } = await attempt(stranger, "npx", ["tsc", "-p", config]);
    expect(stdout).toBe("");
    expect(status).toBe(0);
  });
});
