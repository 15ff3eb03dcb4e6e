import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, describe, expect, it } from "vitest";
import { updateFile } from "../../lib/lock";

const directory = mkdtempSync(join(tmpdir(), "netloom-guard-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const program = join(directory, "add.cjs");
buildSync({
  stdin: {
    contents: `
      import { updateFile } from "./lib/lock";
      const [file, name, times, after] = process.argv.slice(2);
      for (let i = 0; i < Number(times); i++)
        updateFile(file, (text) => {
          if (after === "die") process.kill(process.pid, "SIGKILL");
          return { text: (text ?? "") + name + " " + i + "\\n", result: undefined };
        });
    `,
    resolveDir: process.cwd(),
  },
  bundle: true,
  platform: "node",
  outfile: program,
});

/** Tries of parallel processes; 200 by hand: `NETLOOM_LOCK_TRIES=200 npx vitest run test/lock`. */
const TRIES = Number(process.env["NETLOOM_LOCK_TRIES"] ?? 5);

const run = (...words: string[]) =>
  new Promise<number | null>((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...words], { stdio: ["ignore", "ignore", "pipe"] });
    child.stderr.on("data", (text: Buffer) => reject(new Error(String(text))));
    child.on("close", resolve);
  });

describe("a file that several processes change", () => {
  it(
    "loses nothing, also when some of them are killed while they hold it",
    async () => {
      for (let attempt = 0; attempt < TRIES; attempt++) {
        const file = join(directory, `shared-${attempt}`);
        const good = ["a", "b", "c"];
        await Promise.all([
          ...good.map((name) => run(file, name, "5")),
          run(file, "x", "1", "die"),
          run(file, "y", "1", "die"),
        ]);
        const lines = readFileSync(file, "utf8").trim().split("\n").sort();
        expect(lines).toEqual(good.flatMap((name) => [0, 1, 2, 3, 4].map((i) => `${name} ${i}`)));
        updateFile(file, () => ({ result: undefined }));
        expect(readdirSync(directory).filter((name) => name.startsWith(`shared-${attempt}.`))).toEqual([]);
      }
    },
    20_000 + TRIES * 5000,
  );

  it("is free at once when the process that held it has died", () => {
    const file = join(directory, "dead");
    spawnSync(process.execPath, [program, file, "x", "1", "die"]);
    expect(existsSync(`${file}.guard`)).toBe(true);
    let waited = false;
    updateFile(
      file,
      () => ({ text: "mine", result: undefined }),
      () => (waited = true),
    );
    expect([readFileSync(file, "utf8"), waited, existsSync(`${file}.guard`)]).toEqual(["mine", false, false]);
  });

  it("stays as it is when the change fails, and is free again", () => {
    const file = join(directory, "failed");
    writeFileSync(file, "before");
    expect(() =>
      updateFile(file, () => {
        throw new Error("no");
      }),
    ).toThrow("no");
    expect([readFileSync(file, "utf8"), existsSync(`${file}.guard`)]).toEqual(["before", false]);
  });

  it("is not written over by a process that has lost it while it was stopped", () => {
    const file = join(directory, "lost");
    const seen: (string | undefined)[] = [];
    updateFile(file, (text) => {
      seen.push(text);
      if (seen.length === 1) {
        rmSync(`${file}.guard`);
        updateFile(file, () => ({ text: "other\n", result: undefined }));
      }
      return { text: `${text ?? ""}mine\n`, result: undefined };
    });
    expect([readFileSync(file, "utf8"), seen]).toEqual(["other\nmine\n", [undefined, "other\n"]]);
  });
});
