import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

let cache: string | undefined;

/** The portal client as one file without dependencies: from `dist/`, or bundled on the spot from a checkout. */
export function shippedPortalClient(): string {
  cache ??= existsSync(BUILT) ? readFileSync(BUILT, "utf8") : bundle();
  return cache;
}

const ROOT = join(__dirname, "..", "..", "..");
const BUILT = join(ROOT, "portal.cjs");

/** esbuild is a development dependency, so only a checkout gets here. */
function bundle(): string {
  const esbuild: typeof import("esbuild") = require("esbuild");
  const options = JSON.parse(readFileSync(join(__dirname, "bundle.json"), "utf8")) as object;
  const result = esbuild.buildSync({ ...options, absWorkingDir: join(ROOT, ".."), write: false });
  const [file] = result.outputFiles ?? [];
  if (file === undefined) throw new Error("esbuild wrote no bundle of the portal client");
  return file.text;
}
