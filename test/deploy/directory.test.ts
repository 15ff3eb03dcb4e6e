import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { record } from "../agent/host";
import { HandMadeProject, packed } from "./stack";

const SYSCTL = "/etc/sysctl.d/60-netloom.conf";
const two = { a: { files: { [SYSCTL]: "x = 1\n" }, mesh: true }, b: { files: { [SYSCTL]: "x = 2\n" }, mesh: true } };

function deployed(hosts: Parameters<HandMadeProject["synth"]>[0] = two, more: object = {}): HandMadeProject {
  const project = new HandMadeProject();
  project.synth(hosts, more);
  for (const name of Object.keys(hosts))
    expect(project.runWith({ NETLOOM_OWNER: "me" }, "stage", name)).toMatchObject({ code: 0 });
  return project;
}
const secretsOf = (project: HandMadeProject, names: readonly string[]) =>
  names.map((name) => readFileSync(project.at(`machines/${name}/var/lib/netloom/keys/wg0.1`), "utf8").trim());
const tableOf = (project: HandMadeProject, name: string) => {
  const generations = project.at(`machines/${name}/var/lib/netloom/gen`);
  const filled = readdirSync(generations).find((id) => id.includes("-"))!;
  return readFileSync(`${generations}/${filled}/filled/mesh.peers`, "utf8");
};

it("a deploy into directories installs files, fills peer tables, and writes reports and public keys", () => {
  const project = deployed();
  const ran = project.run("commit", "default");
  expect(ran.stderr).toBe("");
  expect(ran.stdout).toContain("lab, wave default: 2 hosts confirmed, 0 unchanged");
  expect(readFileSync(project.at(`machines/b${SYSCTL}`), "utf8")).toBe("x = 2\n");
  const lock = JSON.parse(readFileSync(project.at("netloom.lock.json"), "utf8"));
  const keys = ["a", "b"].map((name) => lock.meshes["lab/mesh"].members[name].key.public);
  expect(tableOf(project, "a")).toBe(
    `# a\n[Peer]\nPublicKey = ${keys[0]}\nAllowedIPs = 10.66.0.1/32\n\n# b\n[Peer]\nPublicKey = ${keys[1]}\nAllowedIPs = 10.66.0.2/32\n`,
  );
  expect(existsSync(project.at("cdktf.out/stacks/lab/report/a.json"))).toBe(true);
});

it("no private key is in the stack, the lock file, or anything printed", () => {
  const project = deployed();
  const ran = project.run("commit", "default");
  const all = spawnSync("sh", ["-c", "cat netloom.lock.json; find cdktf.out -type f -exec cat {} +"], {
    cwd: project.directory,
    encoding: "latin1",
  }).stdout;
  for (const secret of secretsOf(project, ["a", "b"])) {
    expect(secret).toHaveLength(44);
    expect(all + ran.stdout + ran.stderr).not.toContain(secret);
  }
});

it("a second commit changes nothing", () => {
  const project = deployed();
  project.run("commit", "default");
  const listing = () =>
    spawnSync("sh", ["-c", "find machines -printf '%p %C@\\n' | sort"], { cwd: project.directory, encoding: "utf8" })
      .stdout;
  const before = listing();
  expect(project.run("commit", "default").stdout).toContain("0 hosts confirmed, 2 unchanged");
  expect(listing()).toBe(before);
});

it("withdraw removes what was put there and brings back what was there before", () => {
  const project = new HandMadeProject();
  mkdirSync(project.at("machines/a/etc/sysctl.d"), { recursive: true });
  writeFileSync(project.at(`machines/a${SYSCTL}`), "mine\n");
  const listing = () =>
    spawnSync("sh", ["-c", "find . | sort; cat etc/sysctl.d/*"], { cwd: project.at("machines/a"), encoding: "utf8" })
      .stdout;
  const before = listing();
  project.synth({ a: two.a });
  project.runWith({ NETLOOM_OWNER: "me" }, "commit", "default");
  const withdraw = (owner: string) => project.runWith({ NETLOOM_OWNER: owner }, "withdraw").stdout;
  expect(withdraw("someone else")).toContain("a: another stack has this host now");
  expect(readFileSync(project.at(`machines/a${SYSCTL}`), "utf8")).toBe("x = 1\n");
  expect(withdraw("me")).toContain("a: as it was before netloom");
  expect(listing()).toBe(before);
  expect(withdraw("me")).toContain("nothing of netloom is there");
});

it("packages that images must bring are said once, one line for all hosts that need the same", () => {
  const project = new HandMadeProject();
  const plan = ["package\tethtool", "package\twireguard-tools"];
  project.synth({ a: { plan }, b: { plan: ["package\tethtool"] }, c: { plan }, d: {} });
  const ran = project.run("commit", "default");
  expect(ran.code).toBe(0);
  expect(ran.stderr).toBe(
    [
      "netloom: a, c: nothing is installed into a directory; the image must bring ethtool wireguard-tools",
      "netloom: b: nothing is installed into a directory; the image must bring ethtool",
      "",
    ].join("\n"),
  );
  expect(project.run("commit", "default").stderr).toBe("");
  project.synth({ a: { plan: [...plan, "module\tx"] } });
  expect(project.run("stage", "a").stderr).toContain("a: nothing is installed into a directory");
});

it("packages that netloom installed are named when a host is withdrawn", () => {
  const project = deployed({ a: two.a });
  writeFileSync(project.at("machines/a/var/lib/netloom/packages"), record("packages", "ethtool\nwireguard-tools\n"));
  expect(project.run("withdraw").stdout).toBe(
    "netloom: a: nothing was active, the agent is removed, but for packages that netloom installed, which stay: ethtool wireguard-tools\n",
  );
  project.run("commit", "default");
  writeFileSync(project.at("machines/a/var/lib/netloom/packages"), record("packages", "ethtool\n"));
  expect(project.run("withdraw").stdout).toBe(
    "netloom: a: as it was before netloom, but for packages that netloom installed, which stay: ethtool\n",
  );
});

it("an operator may withdraw single hosts without knowing who owns them", () => {
  const project = new HandMadeProject();
  project.synth(two);
  project.runWith({ NETLOOM_OWNER: "me" }, "commit", "default");
  expect(project.run("withdraw", "b").stdout).toBe("netloom: b: as it was before netloom\n");
  expect(existsSync(project.at(`machines/a${SYSCTL}`))).toBe(true);
  expect(existsSync(project.at("machines/b/var/lib/netloom"))).toBe(false);
});

it("a commit by hand leaves a host to its owner, and one by another owner takes it over", () => {
  const project = new HandMadeProject();
  project.synth({ a: two.a });
  const owner = () => readFileSync(project.at("machines/a/var/lib/netloom/wanted"), "utf8").trim().split("\t")[1];
  project.runWith({ NETLOOM_OWNER: "first" }, "commit", "default");
  project.run("stage", "a");
  expect(owner()).toBe("first");
  expect(project.runWith({ NETLOOM_OWNER: "second" }, "commit", "default").stdout).toContain("0 hosts confirmed");
  expect(owner()).toBe("second");
});

it("hosts that have left the stack are withdrawn, those that stay and those of others are not", () => {
  const project = new HandMadeProject();
  project.synth(two);
  project.runWith({ NETLOOM_OWNER: "me" }, "commit", "default");
  expect(project.depart("me", "a", "b").stdout).toBe("");
  project.synth({ a: two.a });
  expect(project.depart("someone else", "a", "b").stdout).toContain("b: another stack has this host now");
  expect(existsSync(project.at(`machines/b${SYSCTL}`))).toBe(true);
  expect(project.depart("me", "a", "b").stdout).toBe("netloom: b: as it was before netloom\n");
  expect(existsSync(project.at(`machines/b${SYSCTL}`))).toBe(false);
  expect(existsSync(project.at(`machines/a${SYSCTL}`))).toBe(true);
});

it("a machine whose host only has another name is left alone", () => {
  const project = new HandMadeProject();
  project.synth({ a: two.a });
  project.runWith({ NETLOOM_OWNER: "me" }, "commit", "default");
  project.synth({ renamed: { ...two.a, target: { kind: "directory", path: "machines/a" } } });
  expect(project.depart("me", "a")).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(existsSync(project.at(`machines/a${SYSCTL}`))).toBe(true);
});

it("a host that has left and does not answer is named, and stops nobody", () => {
  const project = new HandMadeProject();
  project.synth({ a: two.a });
  mkdirSync(project.at("bin"));
  writeFileSync(project.at("bin/ssh"), "#!/bin/sh\necho No route to host >&2\nexit 255\n", { mode: 0o755 });
  const roster = packed({ gone: { kind: "ssh", host: "192.0.2.1", window: 10 } });
  const env = { NETLOOM_OWNER: "me", ...roster, PATH: `${project.at("bin")}:${process.env["PATH"]}` };
  const ran = project.runWith(env, "withdraw", "--departed");
  expect(ran.code).toBe(0);
  expect(ran.stderr).toMatch(
    /gone has left the stack and does not answer at 192\.0\.2\.1[\s\S]*withdraw - 10[\s\S]*No route/,
  );
}, 60_000);

it("a member that is added reaches the hosts that are there, with the keys they had", () => {
  const project = deployed();
  project.run("commit", "default");
  const before = secretsOf(project, ["a", "b"]);
  project.synth({ ...two, c: { mesh: true } });
  for (const name of ["a", "b", "c"]) project.runWith({ NETLOOM_OWNER: "again" }, "stage", name);
  expect(project.run("commit", "default").stdout).toContain("3 hosts confirmed");
  expect(secretsOf(project, ["a", "b"])).toEqual(before);
});

it("pre-shared keys are the same at both ends and reach hosts only", () => {
  const project = deployed(two, { wireguard: { "lab/mesh": { presharedKeys: { secret: "secrets/mesh.psk" } } } });
  project.run("commit", "default");
  const psk = (name: string) => [...tableOf(project, name).matchAll(/PresharedKey = (\S+)/g)].map((match) => match[1]);
  expect(psk("a")).toHaveLength(1);
  expect(psk("a")).toEqual(psk("b"));
  expect(readFileSync(project.at("netloom.lock.json"), "utf8")).not.toContain(psk("a")[0]);
});

it("a host that has another key than the lock file says is not trusted, and nothing changes", () => {
  const project = deployed();
  project.run("commit", "default");
  const lock = readFileSync(project.at("netloom.lock.json"), "utf8");
  const key = JSON.parse(lock).meshes["lab/mesh"].members.a.key.public as string;
  writeFileSync(project.at("netloom.lock.json"), lock.replace(key, `X${key.slice(1)}`));
  const ran = project.run("commit", "default");
  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain("this may not be the machine it was");
  expect(ran.stderr).toContain("lab/mesh/a: key: has");
});

it("a file that was changed after synth is refused by name", () => {
  const project = new HandMadeProject();
  project.synth(two);
  project.write(`hosts/a/root${SYSCTL}`, "x = 9\n");
  const ran = project.run("stage", "a");
  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain("is not what netloom.json says");
});

it("shared files reach every host that has them, and a report names each installed file", () => {
  const script = { "/etc/netloom/scripts/x": "#!/bin/sh\n" };
  const checks = ["check files local lab 'installed as it was written'"];
  const project = deployed({
    a: { files: { [SYSCTL]: "x = 1\n" }, shared: script, mesh: true, checks },
    b: { shared: script, checks },
  });
  expect(project.run("commit", "default")).toMatchObject({ code: 0 });
  for (const name of ["a", "b"])
    expect(readFileSync(project.at(`machines/${name}/etc/netloom/scripts/x`), "utf8")).toBe("#!/bin/sh\n");
  const report = JSON.parse(readFileSync(project.at("cdktf.out/stacks/lab/report/a.json"), "utf8"));
  const results = (report.checks as { status: string; kind: string; what: string }[]).map(
    ({ status, kind, what }) => `${status} ${kind} ${what}`,
  );
  expect(results).toEqual(["ok file /etc/netloom/scripts/x", `ok file ${SYSCTL}`]);
});

it("a shared file that was changed after synth is refused by name, and so is one that the index does not know", () => {
  const project = new HandMadeProject();
  project.synth({ a: { shared: { "/etc/x": "x\n" } } });
  project.write("shared/root/etc/x", "y\n");
  expect(project.run("stage", "a").stderr).toMatch(/shared\/root\/etc\/x is not what netloom\.json says/);
  project.synth({ a: { shared: { "/etc/x": "x\n" } } }, { shared: {} });
  expect(project.run("stage", "a").stderr).toContain("nothing that can be read of shared/root/etc/x");
});

it("an index of another schema is refused", () => {
  const project = new HandMadeProject();
  project.synth(two, { schema: 1 });
  const ran = project.run("stage", "a");
  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain("netloom.json has schema 1, this Netloom reads 2: synthesize again");
});

it("a failed file check fails the deploy after it reverted, and tells what was found", () => {
  const project = deployed({
    a: { files: { [SYSCTL]: "x\n" }, checks: [`check file local lab/a because ${SYSCTL} ${"0".repeat(64)} -`] },
  });
  const ran = project.run("commit", "default");
  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain("NOT confirmed, every changed host is REVERTED");
  expect(ran.stderr).toContain(`file ${SYSCTL}: wanted sha256 ${"0".repeat(64)}`);
  expect(existsSync(project.at(`machines/a${SYSCTL}`))).toBe(false);
}, 30_000);

it("hosts that cannot be reached are named with ssh's words and what to do, before anything changes", () => {
  const unreachable = { kind: "ssh", host: "127.0.0.1", port: 1 };
  const project = new HandMadeProject();
  project.synth({ a: {}, b: { target: unreachable } });
  const ran = project.run("stage", "b");
  expect(ran.code).toBe(1);
  expect(ran.stderr).toMatch(/b: stage: .*(refused|not found|ENOENT)/);
});

it("unknown hosts, waves and commands are told what there is", () => {
  const project = new HandMadeProject();
  project.synth(two);
  expect(project.run("stage", "zebra").stderr).toContain("no host 'zebra' in this stack; it has: a, b");
  expect(project.run("commit", "zebra").stderr).toContain("no wave 'zebra'; this stack has: default");
  expect(project.run("dance").stderr).toContain("usage:");
  expect(project.run("withdraw", "zebra").stderr).toContain("no host 'zebra'");
  expect(project.run("withdraw", "--departed").stderr).toContain("needs the roster in NETLOOM_HOSTS_1");
  expect(project.run("--help").stdout).toContain("usage:");
});

it("status tells where each host is", () => {
  const project = deployed();
  expect(project.run("status").stdout).toMatch(/a: nothing deployed/);
  project.run("commit", "default");
  expect(project.run("status").stdout).toMatch(/a: up to date/);
});

it("members of later waves give their keys before their wave comes", () => {
  const project = new HandMadeProject();
  project.synth({ a: { mesh: true, wave: "canary" }, b: { mesh: true, wave: "rest" } });
  for (const name of ["a", "b"]) project.run("stage", name);
  expect(project.run("commit", "canary").code).toBe(0);
  expect(existsSync(project.at("machines/b/var/lib/netloom/committed"))).toBe(false);
  expect(project.run("commit", "rest").stdout).toContain("1 hosts confirmed");
  expect(project.run("commit", "canary").stdout).toContain("0 hosts confirmed, 1 unchanged");
});
