// Runs when `cdktf init --template` has copied the files; the current directory is the new project.
const { spawnSync } = require("node:child_process");
const { readFileSync, writeFileSync } = require("node:fs");
const { basename } = require("node:path");

exports.post = ({ Name }) => {
  const before = JSON.parse(readFileSync("package.json", "utf8")).name;
  const name = (Name || basename(process.cwd())).toLowerCase().replace(/[^a-z0-9._-]+/g, "-");
  for (const file of ["package.json", "README.md"]) {
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(before, name));
  }
  if (process.env.NETLOOM_SKIP_INSTALL) return;
  const npm = spawnSync("npm", ["install", "--no-audit", "--no-fund"], {
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (npm.status !== 0) console.error("npm install did not work; run it again in the new project");
};
