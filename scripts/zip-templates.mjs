// templates/<name> → <directory>/<name>.zip, as `cdktf init --template <URL>` takes them. Usage: zip-templates.mjs [directory]
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { zipSync } from "fflate";

const templates = fileURLToPath(new URL("../templates", import.meta.url));
const target = resolve(process.argv[2] ?? "target/templates");
/** The least that a zip archive can say; without it the archive would differ with every run. */
const EPOCH = new Date(1980, 0, 1);

mkdirSync(target, { recursive: true });
for (const name of readdirSync(templates).sort()) {
  const root = join(templates, name);
  const paths = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/[/\\](node_modules|cdktf\.out|dist|build)[/\\]/.test(relative(templates, path)))
    .sort();
  // cdktf only looks into the first folder of the archive, so that is the template itself.
  const entries = paths.map((path) => [
    `${name}/${relative(root, path).split(sep).join("/")}`,
    [readFileSync(path), { mtime: EPOCH }],
  ]);
  const file = join(target, `${name}.zip`);
  writeFileSync(file, zipSync(Object.fromEntries(entries)));
  console.log(relative(process.cwd(), file));
}
