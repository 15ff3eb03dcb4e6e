import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { keepStateRelative } from "./backend";
import type { ISynthesisSession, TerraformStack } from "./cdktf";
import { writeIfChanged } from "./write";

/** What happens around cdktf's own synthesis of a stack. */
export interface SynthesisHooks {
  /** Throws when any stack of the app must not be written, so that bad input leaves nothing half-written. */
  refuseBrokenStacks(session: ISynthesisSession): void;
  /** Throws when this stack must not be written as it is now, after aspects have run. */
  refuse(): void;
  /** Writes the stack's own files; both directories are absolute. */
  write(stackDirectory: string, projectDirectory: string): void;
}

/**
 * Hooks into the synthesis of a stack. The public `synthesizer` property is wrapped, which works in cdktf, in cdktn
 * and under their test helpers alike; the original still does all of Terraform's part.
 */
export function hookSynthesis(stack: TerraformStack, hooks: SynthesisHooks): void {
  const original = stack.synthesizer;
  stack.synthesizer = {
    synthesize(session: ISynthesisSession): void {
      hooks.refuseBrokenStacks(session);
      const stackDirectory = resolve(session.outdir, session.manifest.forStack(stack).workingDirectory);
      keepStateRelative(stack, stackDirectory);
      const staging = mkdtempSync(join(tmpdir(), "netloom-"));
      try {
        mkdirSync(join(staging, "stacks"), { recursive: true });
        original.synthesize({ ...session, outdir: staging });
        hooks.refuse();
        copyChanged(staging, session.outdir);
      } finally {
        rmSync(staging, { recursive: true, force: true });
      }
      keepUnchangedManifest(session);
      hooks.write(stackDirectory, process.cwd());
    },
  };
}

/** Terraform's own files first go to a scratch folder, because cdktf writes them whether they changed or not. */
function copyChanged(from: string, to: string): void {
  for (const entry of readdirSync(from, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    writeIfChanged(join(to, relative(from, path)), readFileSync(path, "utf8"));
  }
}

/** The same for `manifest.json`, which cdktf writes last. */
function keepUnchangedManifest(session: ISynthesisSession): void {
  const { manifest } = session;
  manifest.writeToFile = () =>
    void writeIfChanged(join(session.outdir, "manifest.json"), JSON.stringify(manifest.buildManifest(), undefined, 2));
}
