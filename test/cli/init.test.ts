import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nextSteps } from "../../lib/cli/commands/init";
import { assertProjectName, projectFiles, readTemplate, TEMPLATES } from "../../lib/cli/templates";
import { netloom, project } from "./support";

describe("netloom init", () => {
  it.each(TEMPLATES)("makes a project of the template %s that carries the directory's name", async (template) => {
    const cwd = project();
    const ran = await netloom(cwd, "init", template, "my-lab");
    expect(ran.status).toBe(0);
    expect(ran.out).toContain("  cd my-lab\n  npm install\n");
    const made = join(cwd, "my-lab");
    expect((JSON.parse(readFileSync(join(made, "package.json"), "utf8")) as { name: string }).name).toBe("my-lab");
    expect(readFileSync(join(made, "README.md"), "utf8")).toMatch(/^# my-lab$/m);
    expect(readdirSync(made)).toContain(".gitignore");
    expect(existsSync(join(made, ".hooks.sscaff.js"))).toBe(false);
  });

  it.each(TEMPLATES)("makes a project of the template %s that checks types before it synthesizes", (template) => {
    const text = (name: string): string => readFileSync(join(__dirname, "../../templates", template, name), "utf8");
    const { scripts } = JSON.parse(text("package.json")) as { scripts: Record<string, string> };
    expect(scripts.synth).toMatch(/^tsc && tsx /);
    expect((JSON.parse(text("cdktf.json")) as { app: string }).app).toBe("npm run --silent synth");
  });

  it("fills an empty directory, also one with a new Git repository in it", async () => {
    const cwd = project({ "lab/.git/HEAD": "ref: refs/heads/main\n" });
    expect((await netloom(join(cwd, "lab"), "init", "stack")).status).toBe(0);
    expect(existsSync(join(cwd, "lab/main.ts"))).toBe(true);
  });

  it("overwrites nothing", async () => {
    const cwd = project({ "lab/main.ts": "mine" });
    const ran = await netloom(cwd, "init", "stack", "lab");
    expect(ran.status).toBe(1);
    expect(ran.err).toContain("NL-CLI-OVERWRITE");
    expect(ran.err).toContain("lab: main.ts");
    expect(readFileSync(join(cwd, "lab/main.ts"), "utf8")).toBe("mine");
  });

  it("takes another name for the package than for the directory", async () => {
    const cwd = project();
    expect((await netloom(cwd, "init", "construct-library", "dir", "--name", "@me/fast")).status).toBe(0);
    expect(readFileSync(join(cwd, "dir/README.md"), "utf8")).toContain('import { BusyPolling } from "@me/fast";');
  });

  it("refuses names that npm refuses, and proposes one", async () => {
    const cwd = project();
    const ran = await netloom(cwd, "init", "stack", "My Lab");
    expect(ran.status).toBe(1);
    expect(ran.err).toContain("fix:     --name my-lab-network");
    expect(existsSync(join(cwd, "My Lab"))).toBe(false);
    const template = readTemplate("stack");
    for (const name of ["", ".hidden", "UPPER", "a b", "node_modules", `${"x".repeat(215)}`, "@scope/", "a/b"]) {
      expect(() => assertProjectName(name, template), name).toThrow(/npm takes no package of this name/);
    }
    expect(() => assertProjectName("cdktf", template)).toThrow(/cannot depend on one of its own name/);
  });

  it("names the nearest template", async () => {
    const ran = await netloom(project(), "init", "stak");
    expect(ran.status).toBe(2);
    expect(ran.err).toContain("fix:     netloom init stack");
  });

  it("quotes a directory that the shell would split", () => {
    expect(nextSteps("stack", "it's mine")).toContain("cd 'it'\\''s mine'");
    expect(nextSteps("stack", "")).not.toContain("cd ");
  });
});

describe("the templates", () => {
  const { version, peerDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
    version: string;
    peerDependencies: Record<string, string>;
  };

  it.each(TEMPLATES)("%s asks for this version of netloom, and for every peer of it", (name) => {
    const manifest = JSON.parse(readTemplate(name).get("package.json")!) as Record<string, Record<string, string>>;
    const needed = { ...manifest["dependencies"], ...manifest["devDependencies"] };
    expect(needed["netloom"]).toBe(`^${version}`);
    expect(Object.keys(needed)).toEqual(expect.arrayContaining(Object.keys(peerDependencies)));
  });

  it.each(TEMPLATES)(
    "%s has what cdktf looks for, and nothing that its copying would replace or npm leave out",
    (name) => {
      const template = readTemplate(name);
      expect([...template.keys()]).toEqual(
        expect.arrayContaining(["cdktf.json", ".hooks.sscaff.js", "{{}}.gitignore"]),
      );
      for (const [path, text] of template) {
        expect(text, path).not.toMatch(/\{\{ *[$\w]* *\}\}/);
        expect(path).not.toMatch(/(^|\/)(\.gitignore|\.npmrc|node_modules|package-lock\.json)(\/|$)/);
      }
    },
  );

  it("keep what looks like a replacement pattern in a name as it is", () => {
    const files = projectFiles(
      new Map([
        ["package.json", `{"name":"old"}`],
        ["README.md", "old\n"],
      ]),
      "$&",
    );
    expect(files.get("README.md")).toBe("$&\n");
  });
});

describe("the hook that runs when cdktf makes the project", () => {
  it.each(TEMPLATES)("gives the project of %s the same names as netloom init does", (name) => {
    const cwd = project();
    mkdirSync(join(cwd, "there"));
    const template = readTemplate(name);
    for (const path of ["package.json", "README.md"]) writeFileSync(join(cwd, "there", path), template.get(path)!);
    const hook = join(process.cwd(), "templates", name, ".hooks.sscaff.js");
    execFileSync("node", ["-e", `require(${JSON.stringify(hook)}).post({ Name: "My Lab" })`], {
      cwd: join(cwd, "there"),
      env: { ...process.env, NETLOOM_SKIP_INSTALL: "1" },
    });
    const ours = projectFiles(template, "my-lab");
    for (const path of ["package.json", "README.md"]) {
      expect(readFileSync(join(cwd, "there", path), "utf8")).toBe(ours.get(path));
    }
  });
});
