// Publishes with provenance, after everything that can be checked was checked. --dry-run publishes nothing.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const dryRun = process.argv.includes("--dry-run");
const { version, repository } = JSON.parse(readFileSync("package.json", "utf8"));
const git = (...args) => execFileSync("git", args, { encoding: "utf8" }).trim();

const problems = [];
if (git("status", "--porcelain") !== "") problems.push("the working tree is not clean: commit or remove what is in it");
if (git("tag", "--points-at", "HEAD").split("\n").includes(`v${version}`) === false)
  problems.push(`HEAD has no tag v${version}: git tag v${version}`);
if (!readFileSync("CHANGELOG.md", "utf8").includes(`## [${version}]`))
  problems.push(`CHANGELOG.md has no section [${version}]: rename "Unreleased"`);
for (const name of ["stack", "construct-library"]) {
  const template = JSON.parse(readFileSync(`templates/${name}/package.json`, "utf8"));
  const wanted = { ...template.dependencies, ...template.devDependencies }.netloom;
  if (wanted !== `^${version}`) problems.push(`templates/${name} asks for netloom ${wanted}, not ^${version}`);
}
if (repository === undefined) problems.push('package.json has no "repository", which provenance is checked against');
if (process.env.CI === undefined)
  problems.push("provenance needs a CI workflow with an identity token (id-token: write)");

for (const problem of problems) console.error(`publish: ${problem}`);
if (problems.length > 0 && !dryRun) process.exit(1);

const steps = [
  ["npm", "run", "check"],
  ["npm", "test"],
  ["npm", "run", "test:package"],
  ["npm", "run", "test:cdktn"],
  ["node", "scripts/zip-templates.mjs"],
  ["npm", "publish", "--access", "public", ...(dryRun ? ["--dry-run"] : ["--provenance"])],
];
for (const [program, ...args] of steps) {
  console.log(`publish: ${program} ${args.join(" ")}`);
  const { status } = spawnSync(program, args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
