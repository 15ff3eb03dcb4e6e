import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, TerraformStack } from "../synth/cdktf";

/**
 * A stack to put constructs into, in an app of its own, that leaves nothing on disk: cdktf's `App` makes its output
 * directory as soon as it is constructed, so this one gets a scratch directory that is gone when the call returns.
 *
 * @param idOrBuild id of the stack, the first part of all construct paths; or a function that fills it. @default "test"
 */
export function testStack(idOrBuild: string | ((stack: TerraformStack) => void) = "test"): TerraformStack {
  const stack = emptyStack(typeof idOrBuild === "string" ? idOrBuild : "test");
  if (typeof idOrBuild === "function") idOrBuild(stack);
  return stack;
}

function emptyStack(id: string): TerraformStack {
  const outdir = mkdtempSync(join(tmpdir(), "netloom-test-"));
  try {
    // Stack traces hold absolute paths, and cost more time than everything else in a test.
    return new TerraformStack(new App({ outdir, stackTraces: false }), id);
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
