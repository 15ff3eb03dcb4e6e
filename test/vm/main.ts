import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { EXPLAINED } from "./explained";
import { emulator } from "./emulator";
import { Fleet, StoryEnds } from "./fleet";
import { BUILD_NEEDS, buildImages, IMAGES, type Image } from "./images";
import { Lab } from "./lab";
import { type Explained, explainedList } from "./state";
import { life, neighbours, windows } from "./stories";
import { type Outcome, outcomeTable } from "./table";

const STORIES = { life, neighbours, windows };
type Story = keyof typeof STORIES;

const USAGE = `usage: npm run long:vm -- [options]
  --stories ${Object.keys(STORIES).join(",")}    only these
  --machines ${IMAGES.join(",")}    only these
  --short          one boot and no second deploy in life
  --report FILE    write the table as Markdown
  --keep           leave the machines as they are at the end, in NETLOOM_VM_LAB`;

function option(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(name);
  return at === -1 ? undefined : args[at + 1];
}

function chosen<T extends string>(all: readonly T[], names: string | undefined): T[] {
  if (names === undefined) return [...all];
  const list = names.split(",");
  const unknown = list.find((name) => !all.includes(name as T));
  if (unknown !== undefined) throw new Error(`${unknown} is not one of ${all.join(", ")}\n${USAGE}`);
  return list as T[];
}

function missing(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root, to build images";
  const needs = { ...BUILD_NEEDS, ...emulator().needs, ssh: "openssh-client", terraform: "terraform" };
  const absent = Object.entries(needs).filter(([what]) => !isThere(what));
  return absent.length === 0 ? undefined : `not installed: ${[...new Set(absent.map(([, name]) => name))].join(", ")}`;
}

const isThere = (what: string) =>
  what.startsWith("/") ? existsSync(what) : spawnSync("sh", ["-c", `command -v ${what}`]).status === 0;

async function main(args: readonly string[]): Promise<number> {
  const reason = missing();
  if (reason !== undefined) {
    const must = (process.env["CI"] ?? "") !== "";
    console.log(`${must ? "not ok" : "skip  "} whole machines: ${reason}`);
    return must ? 1 : 0;
  }
  const machines = chosen<Image>(IMAGES, option(args, "--machines"));
  const stories = chosen(Object.keys(STORIES) as Story[], option(args, "--stories"));
  buildImages();
  const outcomes: Outcome[] = [];
  const used = new Set<Explained>();
  for (const story of stories) {
    const directory = process.env["NETLOOM_VM_LAB"] ?? mkdtempSync(join(tmpdir(), "netloom-vm-"));
    mkdirSync(directory, { recursive: true });
    const lab = new Lab(directory);
    for (const name of lab.names()) await lab.remove(name);
    rmSync(join(directory, "project"), { recursive: true, force: true });
    const fleet = new Fleet(lab, story, machines, args.includes("--short"));
    try {
      await fleet.step("start", async (machine) => {
        await lab.start(machine, machine);
        await lab.wait(machine);
        return [];
      });
      if (fleet.outcomes.every(({ faults }) => faults.length === 0)) await STORIES[story](fleet);
    } catch (error) {
      if (!(error instanceof StoryEnds)) throw error;
      console.log(error.message);
    } finally {
      outcomes.push(...fleet.outcomes);
      for (const each of fleet.used) used.add(each);
      if (!args.includes("--keep")) await lab.stopAll();
    }
  }
  const table = outcomeTable(outcomes);
  const report = [table, "", "Differences that stay, and why:", "", explainedList([...used]), ""].join("\n");
  console.log(`\n${report}`);
  const unused = EXPLAINED.filter((each) => !used.has(each));
  if (unused.length > 0) console.log(`not needed in this run:\n${explainedList(unused)}`);
  const file = option(args, "--report");
  if (file !== undefined) writeFileSync(resolve(file), report);
  const failed = outcomes.filter(({ faults }) => faults.length > 0).length;
  console.log(`${outcomes.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
