import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { defineProblem } from "../errors";

const PACKAGE_NAME = defineProblem("NL-CLI-NAME", "A project has a name that npm takes");
const OVERWRITE = defineProblem("NL-CLI-OVERWRITE", "A new project gets an empty directory");

/** The projects to start from. */
export const TEMPLATES = ["stack", "construct-library"] as const;
export type TemplateName = (typeof TEMPLATES)[number];

/** Text files of a template or project, by path with forward slashes. */
export type Files = ReadonlyMap<string, string>;

const NPM_NAME = /^(@[a-z0-9~][a-z0-9._~-]*\/)?[a-z0-9~][a-z0-9._~-]*$/;
const LONGEST_NPM_NAME = 214;

/** Runs when cdktf makes the project; we do its work ourselves. */
const HOOK = ".hooks.sscaff.js";
/** Files that carry the project's name. */
const NAMED = new Set(["package.json", "package-lock.json", "README.md"]);

/** Where the templates lie in the package; two levels up both from `lib/cli` and from `dist/cli`. */
export const TEMPLATE_ROOT = join(__dirname, "..", "..", "templates");

export function readTemplate(name: TemplateName): Files {
  const root = join(TEMPLATE_ROOT, name);
  const paths = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => !/^(node_modules|cdktf\.out|dist|build)\//.test(path))
    .sort();
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

/**
 * The files of a new project. `{{}}` in file names keeps npm from leaving out what begins with a dot, and goes away;
 * the template's own name becomes the project's.
 */
export function projectFiles(template: Files, name: string): Files {
  const manifest = JSON.parse(template.get("package.json")!) as { name: string };
  return new Map(
    [...template]
      .filter(([path]) => path !== HOOK)
      .map(([path, text]) => [
        path.replaceAll("{{}}", ""),
        NAMED.has(path) ? text.replaceAll(manifest.name, () => name) : text,
      ]),
  );
}

/** Throws `NL-CLI-NAME` when npm would refuse the name, or the project would depend on itself. */
export function assertProjectName(name: string, template: Files): void {
  const { dependencies, devDependencies, peerDependencies } = JSON.parse(template.get("package.json")!) as Record<
    string,
    Record<string, string> | undefined
  >;
  const needed = Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies });
  const bad = !NPM_NAME.test(name) || name.length > LONGEST_NPM_NAME || name === "node_modules";
  if (!bad && !needed.includes(name)) return;
  throw PACKAGE_NAME({
    what: bad ? "npm takes no package of this name" : "a package cannot depend on one of its own name",
    value: name,
    allowed: "a-z 0-9 . _ ~ -, with or without @scope/, not beginning with a dot",
    remedy: `--name ${
      name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-+|-+$/g, "") || "my"
    }-network`,
  });
}

/** Throws `NL-CLI-OVERWRITE` when the directory holds anything but a Git repository. */
export function assertEmpty(directory: string, shown: string): void {
  const found = existsSync(directory) ? readdirSync(directory).filter((name) => name !== ".git") : [];
  if (found.length === 0) return;
  throw OVERWRITE({
    what: "the directory is not empty, and nothing is overwritten",
    value: `${shown}: ${found.slice(0, 5).join(", ")}${found.length > 5 ? " …" : ""}`,
    allowed: "a directory that is empty or does not exist",
    remedy: "netloom init stack my-network",
  });
}
