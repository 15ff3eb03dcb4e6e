import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { install } from "./pack";
import { attempt, run } from "./run";

const scratch = inject("scratch");
const stranger = inject("stranger");
const tarball = inject("tarball");

/** All files below a directory with their text, besides the index's path to the project. */
function tree(directory: string): ReadonlyMap<string, string> {
  return new Map(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(directory.length), readFileSync(path, "utf8")]),
  );
}

describe("the README", () => {
  it("leads to a synthesized stack of one's own in at most five commands", async () => {
    const section = readFileSync("README.md", "utf8").split("## Use it in a project of your own")[1]!;
    const script = /```sh\n(.*?)```/s.exec(section)![1]!;
    expect(script.split(/\n|&&/).filter((command) => command.trim() !== "").length).toBeLessThanOrEqual(5);
    // Netloom of this checkout in place of the published one.
    const local = script
      .replace("npm install netloom", `npm install ${tarball}`)
      .replace(/npm install$/m, `npm install ${tarball}`);
    const directory = join(scratch, "reader");
    mkdirSync(directory);
    await run(directory, "npm", "init", "--yes", "--silent");
    await run(directory, "sh", "-e", "-c", local);
    expect(existsSync(join(directory, "my-lab/cdktf.out/stacks/lab/cdk.tf.json"))).toBe(true);
  });
});

describe("templates/stack", () => {
  const made = join(scratch, "my-lab");

  beforeAll(async () => {
    expect(await run(stranger, "npx", "netloom", "init", "stack", made)).toContain("npm install");
    await install(made, tarball);
  });

  it("type-checks and passes its own tests", async () => {
    await run(made, "npm", "run", "check");
    expect(await run(made, "npm", "test")).toMatch(/pass 4\b/);
  });

  it("synthesizes, is explained, and deploys into its directories", async () => {
    await run(made, "npm", "run", "synth");
    expect(existsSync(join(made, "cdktf.out/stacks/lab/cdk.tf.json"))).toBe(true);
    expect(await run(made, "npx", "netloom", "explain", "node-1", "tcp_rmem")).toContain("2 × BDP of 1 Gbit/s × 80 ms");
    const stack = join(made, "cdktf.out/stacks/lab");
    await run(stack, "node", "deploy.cjs", "stage", "node-1", "--owner", "test");
    const staged = await attempt(made, "npx", ["netloom", "status", "node-1"]);
    expect([staged.status, staged.output]).toEqual([1, expect.stringContaining("node-1: nothing deployed")]);
    await run(stack, "node", "deploy.cjs", "commit", "default");
    expect(await run(made, "npx", "netloom", "status", "node-1")).toContain("node-1: up to date");
    // The runner's, which the next test does not look at.
    rmSync(join(stack, "report"), { recursive: true });
  });

  it("makes the same bytes when it is copied by hand into another directory", async () => {
    const copy = join(scratch, "elsewhere", "copied");
    mkdirSync(join(scratch, "elsewhere"));
    cpSync(join(stranger, "node_modules/netloom/templates/stack"), copy, { recursive: true });
    renameSync(join(copy, "{{}}.gitignore"), join(copy, ".gitignore"));
    symlinkSync(join(made, "node_modules"), join(copy, "node_modules"));
    await run(copy, "npm", "run", "check");
    await run(copy, "npm", "run", "synth");
    await run(made, "npm", "run", "synth");
    expect(tree(join(copy, "cdktf.out"))).toEqual(tree(join(made, "cdktf.out")));
  });

  it("refuses to be made where something is already", async () => {
    const again = await attempt(stranger, "npx", ["netloom", "init", "stack", made]);
    expect(again.status).toBe(1);
    expect(again.output).toContain("NL-CLI-OVERWRITE");
  });
});

describe("templates/construct-library", () => {
  const made = join(scratch, "netloom-low-latency");

  beforeAll(async () => {
    await run(stranger, "npx", "netloom", "init", "construct-library", made);
    await install(made, "--save-dev", tarball);
  });

  it("type-checks, passes its own tests and synthesizes its example", async () => {
    await run(made, "npm", "run", "check");
    expect(await run(made, "npm", "test")).toMatch(/pass 3\b/);
    await run(made, "npm", "run", "synth");
    const sysctls = join(made, "cdktf.out/stacks/example/hosts/node-1/root/etc/sysctl.d/60-netloom.conf");
    expect(readFileSync(sysctls, "utf8")).toContain("net.core.busy_poll = 50");
  });

  it("is ready for npm publish: built, with types, under its own name", async () => {
    const packed = JSON.parse(
      (await run(made, "npm", "pack", "--dry-run", "--json", "--silent")).replace(/^[^[]*/, ""),
    );
    const { name, files } = packed[0] as { name: string; files: { path: string }[] };
    expect(name).toBe("netloom-low-latency");
    expect(files.map((file) => file.path).sort()).toEqual([
      "README.md",
      "dist/busy-polling.d.ts",
      "dist/busy-polling.js",
      "dist/index.d.ts",
      "dist/index.js",
      "package.json",
    ]);
  });
});

describe("cdktf init --template <URL>", () => {
  it.each(["stack", "construct-library"])("makes the same project of templates/%s as netloom init", async (name) => {
    const zips = join(scratch, "zips");
    await run(process.cwd(), "node", "scripts/zip-templates.mjs", zips);
    const server = createServer((_request, response) => response.end(readFileSync(join(zips, `${name}.zip`))));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}.zip`;
    const made = join(scratch, `by-cdktf-${name}`);
    mkdirSync(made);
    const cdktf = join(process.cwd(), "node_modules/.bin/cdktf");
    const words = ["--template", url, "--local", "--project-name", "my-project", "--project-description", "x"];
    const { status, output } = await attempt(made, cdktf, ["init", ...words, "--enable-crash-reporting=false"], {
      NETLOOM_SKIP_INSTALL: "1",
      CHECKPOINT_DISABLE: "1",
    });
    server.close();
    expect(status, output).toBe(0);
    const own = join(scratch, `by-us-${name}`);
    await run(stranger, "npx", "netloom", "init", name, own, "--name", "my-project");
    expect(tree(made)).toEqual(tree(own));
  });
});
