import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StackIndex } from "./index-file";

/**
 * Runs `commit`, unless Terraform's commit of this id has run to its end in this folder already. Terraform asks twice,
 * for the resource `Commit` and for `Confirmed`, as its record of the first one can be older than its end.
 */
export async function onceFor(
  index: StackIndex,
  wave: string,
  id: string | undefined,
  commit: () => Promise<void>,
): Promise<void> {
  const directory = join(index.directory, "report", "committed");
  const place = join(directory, wave);
  if (id !== undefined && idIn(place) === id) return;
  await commit();
  if (id === undefined) return;
  mkdirSync(directory, { recursive: true });
  writeFileSync(place, `${id}\n`);
}

function idIn(place: string): string | undefined {
  try {
    return readFileSync(place, "utf8").trim();
  } catch {
    return undefined;
  }
}
