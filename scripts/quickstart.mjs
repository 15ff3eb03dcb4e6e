// The README's quickstart: a real `cdktf synth` and a real `cdktf deploy` of three hosts into directories.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { styleText } from "node:util";

const project = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(project);
const environment = { ...process.env, CHECKPOINT_DISABLE: "1", CI: "1", FORCE_COLOR: "0" };

heading("1. cdktf synth");
run("cdktf", ["synth"]);
for (const path of tree("cdktf.out/stacks/quickstart")) console.log(`  cdktf.out/stacks/quickstart/${path}`);

const terraform = ["terraform", "tofu"].find((name) => spawnSync(name, ["version"], { stdio: "ignore" }).status === 0);
if (terraform === undefined) {
  heading("2. cdktf deploy: not done");
  console.log("Neither terraform nor tofu is on the PATH, so nothing was deployed. Everything above was synthesized.");
  console.log("Install Terraform 1.4 or newer, or OpenTofu, and run this again.");
  process.exit(0);
}

heading(`2. cdktf deploy (with ${terraform})`);
environment.TERRAFORM_BINARY_NAME = terraform;
run("cdktf", ["deploy", "--auto-approve", "quickstart"]);

heading("3. What a host got");
for (const path of tree("target/quickstart/node-2/etc")) console.log(`  target/quickstart/node-2/etc/${path}`);
console.log(`\n${readFileSync("target/quickstart/node-2/etc/sysctl.d/60-netloom.conf", "utf8")}`);
console.log("Run it again: nothing changes. `npx cdktf destroy --auto-approve quickstart` takes everything back.");

function heading(text) {
  console.log(`\n${styleText("bold", text)}`);
}

function run(program, args) {
  const { status } = spawnSync(join("node_modules", ".bin", program), args, { stdio: "inherit", env: environment });
  if (status !== 0) process.exit(status ?? 1);
}

function tree(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !/terraform|report/.test(`${entry.parentPath}/${entry.name}`))
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}
