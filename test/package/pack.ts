import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { run } from "./run";

declare module "vitest" {
  export interface ProvidedContext {
    /** Scratch directory of this run. */
    scratch: string;
    /** The packed package. */
    tarball: string;
    /** A project that has installed the tarball by itself. */
    stranger: string;
  }
}

const SHIPPED = [
  "lib",
  "scripts",
  "templates",
  "package.json",
  "tsconfig.json",
  "README.md",
  "LICENSE",
  "NOTICE",
  "CHANGELOG.md",
];

/** Packs a copy of the checkout, so that nobody's `dist/` is pulled away, and installs it into an empty project. */
export default async function setup(project: TestProject): Promise<() => void> {
  const scratch = mkdtempSync(join(tmpdir(), "netloom-package-"));
  const source = join(scratch, "source");
  mkdirSync(source);
  for (const path of SHIPPED.filter((name) => existsSync(name))) cpSync(path, join(source, path), { recursive: true });
  symlinkSync(join(process.cwd(), "node_modules"), join(source, "node_modules"));
  await run(source, "npm", "pack", "--silent");
  const tarball = join(source, readdirSync(source).find((name) => name.endsWith(".tgz"))!);
  const stranger = join(scratch, "stranger");
  mkdirSync(stranger);
  await run(stranger, "npm", "init", "--yes", "--silent");
  await install(stranger, tarball);
  project.provide("scratch", scratch);
  project.provide("tarball", tarball);
  project.provide("stranger", stranger);
  return () => rmSync(scratch, { recursive: true, force: true });
}

/** What is in npm's cache is taken from there; everything else comes from the registry by name. */
export async function install(directory: string, ...what: readonly string[]): Promise<void> {
  await run(directory, "npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--no-progress", ...what);
}
