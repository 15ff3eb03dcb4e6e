import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  Cases,
  expect,
  expectEqual,
  expectSameLines,
  LAB,
  labFile,
  onHost,
  Project,
  processesWith,
  type Ran,
  succeedsOnHost,
  sysctl,
  until,
} from "./harness";
import { hostState } from "./host-state";
import type { Scenario, ScenarioHost } from "./scenario";

/** Runs inside the lab, once for each applier. */
const applier = process.argv[2] === "null_resource" ? "null_resource" : "terraform_data";
const THREE = ["h1", "h2", "h3"];
const FOUR = [...THREE, "h4"];
/** Seconds: plenty where all goes well, since success does not wait; short where the timer is what is proved. */
const PATIENT = 60;
const SHORT = 40;
const CC = "net.ipv4.tcp_congestion_control";
const LOWAT = "net.ipv4.tcp_notsent_lowat";
const FIN = "net.ipv4.tcp_fin_timeout";

const cases = new Cases(applier);
const project = new Project(
  mkdtempSync(join(LAB, "project-")),
  process.env["NETLOOM_E2E_TERRAFORMRC"] === undefined
    ? {}
    : { TF_CLI_CONFIG_FILE: process.env["NETLOOM_E2E_TERRAFORMRC"] },
);

const kernelHasFq = succeedsOnHost("h1", "sh", "-c", "tc qdisc replace dev lo root fq && tc qdisc del dev lo root");

function host(name: string): ScenarioHost {
  const address = labFile(name, "ip");
  return { name, address, ssh: address, hostKey: labFile(name, "hostkey.pub") };
}

function scenario(changes: Partial<Scenario> = {}): Scenario {
  return {
    applier,
    window: PATIENT,
    identityFile: process.env["LAB_KEY"] ?? "",
    kernelHasFq,
    mesh: true,
    hosts: THREE.map(host),
    ...changes,
  };
}

const good = scenario();
const everywhere = (hosts: readonly string[], sysctls: Record<string, number>) =>
  Object.fromEntries(hosts.map((name) => [name, sysctls]));

function expectSuccess(ran: Ran): void {
  expect(ran.code === 0, `the deploy failed with status ${ran.code}:\n${tail(ran.output)}`);
}
const tail = (text: string) => text.split("\n").slice(-60).join("\n");

const pairs = (names: readonly string[]) =>
  names.flatMap((a) => names.filter((b) => b !== a).map((b) => [a, b] as const));
const meshAddress = (name: string) =>
  onHost(name, "sh", "-c", "ip -4 -o addr show dev wg0 | awk '{ sub(/\\/.*/, \"\", $4); print $4 }'");
const pings = (from: string, to: string, payload: number) =>
  succeedsOnHost(from, "ping", "-n", "-q", "-c", "1", "-w", "1", "-M", "do", "-s", String(payload), to);
const committed = (name: string) => onHost(name, "readlink", "/var/lib/netloom/committed");

async function firstDeploy(): Promise<void> {
  await cases.run("cdktf deploy reaches three hosts and confirms them", async () => {
    expectSuccess(await project.deploy(good));
  });
  await cases.run("sysctls read back equal", () => {
    for (const name of THREE) {
      expectEqual(sysctl(name, CC), "bbr", `${name} ${CC}`);
      expectEqual(sysctl(name, LOWAT), "131072", `${name} ${LOWAT}`);
      expectEqual(sysctl(name, "net.ipv4.tcp_mtu_probing"), "1", `${name} tcp_mtu_probing`);
    }
  });
  await cases.run("links are at 9000; 8972 bytes of payload pass unfragmented, 8973 do not", () => {
    for (const name of THREE) expectEqual(onHost(name, "cat", "/sys/class/net/eth0/mtu"), "9000", `${name} MTU`);
    for (const [from, to] of pairs(THREE)) {
      expect(pings(from, labFile(to, "ip"), 8972), `${from} → ${to}: 8972 bytes do not pass`);
      expect(!pings(from, labFile(to, "ip"), 8973), `${from} → ${to}: 8973 bytes pass`);
    }
  });
  await cases.run("WireGuard shakes hands between all pairs and carries 8920-byte packets", () => {
    for (const [from, to] of pairs(THREE)) {
      expect(pings(from, meshAddress(to), 8892), `${from} → ${to} through wg0`);
    }
    for (const name of THREE) {
      const times = onHost(name, "wg", "show", "wg0", "latest-handshakes")
        .split("\n")
        .map((line) => Number(line.split("\t")[1]));
      expect(times.length === 2 && times.every((time) => time > 0), `${name}: handshakes ${times}`);
    }
  });
  await cases.run("the report names every check, and all are ok", () => {
    const report = readFileSync(join(project.stack, "report/fleet.txt"), "utf8");
    expect(
      report.includes(`h2: sysctl ${CC}`) || report.includes("h2: sysctl net.ipv4.tcp_mtu_probing"),
      "no sysctl check of h2",
    );
    expect(report.includes("wireguard-handshake") && !report.includes("\nnot ok"), report);
  });
}

async function secondDeploy(): Promise<void> {
  await cases.run("a second deploy changes nothing", async () => {
    const mark = (name: string) =>
      onHost(
        name,
        "sh",
        "-c",
        "stat -c %Y.%Z /var/lib/netloom/log; cat /var/lib/netloom/log; wg show wg0 latest-handshakes | wc -l; ip -o link show wg0 | cut -d: -f1; find /etc -newer /var/lib/netloom/log -type l",
      );
    const before = THREE.map(mark).join("\n");
    const ran = await project.deploy(good);
    expectSuccess(ran);
    expect(/No changes/.test(ran.output), `Terraform saw changes:\n${tail(ran.output)}`);
    expectEqual(THREE.map(mark).join("\n"), before, "the hosts");
  });
}

async function cutOff(): Promise<void> {
  const bad = scenario({
    window: SHORT,
    hosts: good.hosts.map((h) => (h.name === "h2" ? { ...h, address: "10.99.0.12" } : h)),
    extraSysctls: { h2: { [FIN]: 17 }, h3: { [FIN]: 18 } },
  });
  await cases.run("a change that cuts a host off fails with a message that says so", async () => {
    const ran = await project.deploy(bad);
    expect(ran.code !== 0, "the deploy succeeded");
    expect(/h2.*cut it off/s.test(ran.output) && /REVERTED/.test(ran.output), tail(ran.output));
  });
  await cases.run("that host is reachable again with its old state, live values included", () => {
    expectEqual(
      onHost("h2", "sh", "-c", "ip -4 -o addr show dev eth0 | awk '{print $4}'"),
      "10.77.0.12/24",
      "h2 address",
    );
    for (const name of ["h2", "h3"])
      expectEqual(sysctl(name, FIN), "60", `${name}: a sysctl that only the bad change named`);
    expectEqual(onHost("h2", "cat", "/sys/class/net/eth0/mtu"), "9000", "h2 MTU");
    for (const [from, to] of pairs(THREE)) expect(pings(from, meshAddress(to), 8892), `${from} → ${to} through wg0`);
  });
  await cases.run("going back to the old stack afterwards withdraws nothing that is live", async () => {
    expectSuccess(await project.deploy(good));
    for (const name of THREE) expectEqual(sysctl(name, CC), "bbr", name);
    expectSuccess(await project.deploy(good));
    for (const name of THREE) expect(committed(name).length > 0, name);
  });
}

async function killedRunner(): Promise<void> {
  const change = everywhere(THREE, { [FIN]: 25 });
  await cases.run("hosts revert by themselves when the deploying process is killed", async () => {
    project.describe(scenario({ window: SHORT, extraSysctls: change, pairChecks: { h1: "sleep 60" } }));
    const running = project.start("deploy");
    await until(() => THREE.every((name) => sysctl(name, FIN) === "25"), 40, "the change is live");
    const runners = processesWith("deploy.cjs commit");
    expect(runners.length > 0, "no runner found");
    for (const pid of runners) process.kill(pid, "SIGKILL");
    expect((await running.done).code !== 0, "the deploy succeeded");
    await until(() => THREE.every((name) => sysctl(name, FIN) === "60"), SHORT + 15, "the hosts revert");
  });
  await cases.run("the next deploy succeeds", async () => {
    expectSuccess(await project.deploy(scenario({ extraSysctls: change })));
    for (const name of THREE) expectEqual(sysctl(name, FIN), "25", name);
  });
}

async function barrier(): Promise<void> {
  await cases.run("one host of three that fails its pair check keeps all three from confirming", async () => {
    const before = THREE.map(committed).join();
    const change = everywhere(THREE, { [FIN]: 33 });
    const ran = await project.deploy(
      scenario({ window: SHORT, extraSysctls: change, pairChecks: { h3: "echo no way; false" } }),
    );
    expect(ran.code !== 0 && /no way/.test(ran.output), tail(ran.output));
    expectEqual(THREE.map(committed).join(), before, "committed generations");
    for (const name of THREE) expectEqual(sysctl(name, FIN), "25", `${name} ${FIN}`);
  });
}

async function fourthMember(): Promise<void> {
  await cases.run("adding a fourth member drops no tunnel", async () => {
    const handshakes = (name: string) => onHost(name, "wg", "show", "wg0", "latest-handshakes").split("\n").sort();
    const before = new Map(THREE.map((name) => [name, handshakes(name)]));
    const pinging = `echo $$ >/run/ping.pid; exec ping -n -i 0.1 -W 1 -w 90 ${meshAddress("h2")}`;
    const stream = spawn("lab_exec", ["h1", "sh", "-c", pinging]);
    let seen = "";
    stream.stdout.on("data", (chunk: Buffer) => {
      seen += chunk.toString();
    });
    const ran = await project.deploy(scenario({ hosts: FOUR.map(host) }));
    const over = new Promise((resolve) => stream.on("close", resolve));
    onHost("h1", "sh", "-c", "kill -INT $(cat /run/ping.pid); rm /run/ping.pid");
    await over;
    expectSuccess(ran);
    const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(seen) ?? [];
    expect(Number(sent) > 20 && Number(sent) - Number(received) <= 1, `sent ${sent}, received ${received}`);
    for (const [name, old] of before) {
      const now = handshakes(name);
      for (const line of old) {
        const [key, time] = line.split("\t");
        const after = Number(now.find((other) => other.startsWith(key!))?.split("\t")[1]);
        expect(after >= Number(time), `${name}: the session with ${key} began anew (${time} → ${after})`);
      }
    }
    for (const [from, to] of pairs(FOUR)) expect(pings(from, meshAddress(to), 8892), `${from} → ${to} through wg0`);
    expectEqual(sysctl("h1", FIN), "60", "a sysctl that the stack no longer names");
  });
}

async function move(): Promise<void> {
  await cases.run("a host that moves to another address on purpose is followed there", async () => {
    const others = THREE.map(host);
    const moving = { ...host("h4"), address: "10.77.0.44", movesTo: "10.77.0.44" };
    expectSuccess(await project.deploy(scenario({ hosts: [...others, moving] })));
    expectEqual(
      onHost("h4", "sh", "-c", "ip -4 -o addr show dev eth0 | awk '{print $4}'"),
      "10.77.0.44/24",
      "h4 address",
    );
    for (const [from, to] of pairs(FOUR)) expect(pings(from, meshAddress(to), 8892), `${from} → ${to} through wg0`);
    // What the user writes from now on; the resource that knew the old address is replaced by this.
    expectSuccess(
      await project.deploy(scenario({ hosts: [...others, { ...moving, ssh: "10.77.0.44", movesTo: undefined }] })),
    );
    expectEqual(sysctl("h4", CC), "bbr", "h4");
  });
}

async function leave(before: ReadonlyMap<string, string>): Promise<void> {
  await cases.run(
    "a host that leaves the stack becomes what it was, and those that stay keep their tunnels",
    async () => {
      expectSuccess(await project.deploy(good));
      expectSameLines(hostState("h4"), before.get("h4")!, "h4");
      for (const [from, to] of pairs(THREE)) expect(pings(from, meshAddress(to), 8892), `${from} → ${to} through wg0`);
    },
  );
}

async function destroy(before: ReadonlyMap<string, string>, keys: readonly string[]): Promise<void> {
  await cases.run("destroy leaves the hosts as they were", async () => {
    const ran = await project.destroy();
    expect(ran.code === 0, tail(ran.output));
    for (const name of FOUR) expectSameLines(hostState(name), before.get(name)!, name);
  });
  await cases.run("no private key is in the output, the state, or the log", () => {
    expect(keys.length === 4 && keys.every((key) => key.length === 44), "the keys of the hosts could not be read");
    const places = [...project.files(), { path: "log", content: project.log }];
    expect(
      places.some(({ path }) => path.includes("tfstate")) && places.length > 20,
      "state or output was not searched",
    );
    for (const { path, content } of places) {
      for (const key of keys) expect(!content.includes(key), `${path} holds a private key`);
      expect(
        !/PRIVATE KEY/.test(content.replaceAll("BEGIN OPENSSH PRIVATE KEY", "")) || path.endsWith("deploy.cjs"),
        `${path} speaks of a private key`,
      );
    }
  });
}

async function main(): Promise<void> {
  if (!kernelHasFq) console.log(`note   ${applier}: this kernel has no fq; Host stands for BbrHost`);
  const before = new Map(FOUR.map((name) => [name, hostState(name)]));
  await firstDeploy();
  if (cases.failed === 0) {
    await secondDeploy();
    await cutOff();
    await killedRunner();
    await barrier();
    await fourthMember();
    await move();
  }
  const keys = FOUR.flatMap((name) => onHost(name, "sh", "-c", "cat /var/lib/netloom/keys/* || true").split("\n"));
  if (cases.failed === 0) await leave(before);
  await destroy(before, keys);
  console.log(`tally ${cases.passed} ${cases.failed}`);
  process.exit(cases.failed === 0 ? 0 : 1);
}

void main();
