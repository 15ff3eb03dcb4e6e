import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const REPOSITORY = join(__dirname, "..", "..");

/** The images that images.sh builds. The order numbers the machines, so that two of them never share an address. */
export const IMAGES = ["networkd", "ifupdown", "networkmanager", "netplan"] as const;
export type Image = (typeof IMAGES)[number];

/** Seconds for what a machine does by itself, from a command to a boot: emulated, beside other work, each takes minutes. */
export const PATIENCE = 1200;

/** The name of the snapshot in a disk that holds a booted machine. */
const BOOTED = "booted";

export interface Ran {
  readonly code: number;
  readonly output: string;
}

interface Machine {
  readonly image: Image;
  /** Last octet of its addresses: 02:00:00:00:02:0N is the control port (ens3), 02:00:00:00:01:0N the data port (ens4). */
  readonly number: number;
  /** SSH listens here on 127.0.0.1. */
  readonly port: number;
}

export const sleep = (seconds: number) => new Promise<void>((done) => setTimeout(done, seconds * 1000));

/** Where images lie: below a name made of their recipe, so that a new recipe never changes a disk that is in use. */
export function imageDirectory(): string {
  const root = process.env["NETLOOM_VM_IMAGES"] ?? join(REPOSITORY, "target/vm/images");
  const recipe = readFileSync(join(__dirname, "images.sh"));
  return resolve(root, createHash("sha256").update(recipe).digest("hex").slice(0, 12));
}

export function buildImages(): void {
  const directory = imageDirectory();
  if (IMAGES.every((image) => existsSync(join(directory, `${image}.raw`)))) return;
  const built = spawnSync(join(__dirname, "images.sh"), [directory], { stdio: ["ignore", 2, 2] });
  if (built.status !== 0) throw new Error(`images.sh ended with status ${built.status}`);
}

/** A disk with the memory of the booted machine in it, which only the same qemu on the same kind of CPU can load. */
function bootedDisk(image: Image): string {
  const version = spawnSync("qemu-system-x86_64", ["--version"], { encoding: "utf8" }).stdout ?? "";
  const key = createHash("sha256")
    .update(version + accelerator().join(" "))
    .digest("hex")
    .slice(0, 8);
  return join(imageDirectory(), `${image}.booted-${key}.qcow2`);
}

/** Boots each image once and keeps the result, so that a new machine starts in seconds in emulation too. */
export async function bootImages(images: readonly Image[] = IMAGES): Promise<void> {
  const missing = images.filter((image) => !existsSync(bootedDisk(image)));
  if (missing.length === 0) return;
  const scratch = new Lab(mkdtempSync(join(imageDirectory(), "boot-")));
  for (const image of missing) {
    await scratch.start(image, image);
    await scratch.wait(image);
    await scratch.saveMemory(image);
    await scratch.cut(image);
    renameSync(join(scratch.directory, `${image}.qcow2`), bootedDisk(image));
    await scratch.remove(image);
  }
  await scratch.stopAll();
  rmSync(scratch.directory, { recursive: true });
}

/** Whole machines in qemu, and the switch between their data ports. All of it lies in one directory; labs do not meet. */
export class Lab {
  readonly directory: string;
  readonly images = imageDirectory();

  constructor(directory: string) {
    this.directory = resolve(directory);
    mkdirSync(this.directory, { recursive: true });
  }

  private path(name: string): string {
    return join(this.directory, name);
  }

  names(): string[] {
    return readdirSync(this.directory)
      .filter((file) => file.endsWith(".json"))
      .map((file) => file.slice(0, -".json".length));
  }

  machine(name: string): Machine {
    if (!existsSync(this.path(`${name}.json`))) throw new Error(`${name} has never been started in ${this.directory}`);
    return JSON.parse(readFileSync(this.path(`${name}.json`), "utf8"));
  }

  get key(): string {
    return join(this.images, "key");
  }

  hostKey(name: string): string {
    return readFileSync(join(this.images, `${this.machine(name).image}.hostkey`), "utf8").trim();
  }

  /** Its process, if it runs. A recycled process id is not taken for it. */
  private running(name: string): number | undefined {
    if (!existsSync(this.path(`${name}.pid`))) return undefined;
    const pid = Number(readFileSync(this.path(`${name}.pid`), "utf8"));
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(this.directory) ? pid : undefined;
    } catch {
      return undefined;
    }
  }

  isRunning(name: string): boolean {
    return this.running(name) !== undefined;
  }

  private launch(name: string, command: string, args: readonly string[]): void {
    const log = openSync(this.path(`${name}.log`), "a");
    const child = spawn(command, args, { detached: true, stdio: ["ignore", log, log] });
    closeSync(log);
    child.unref();
    writeFileSync(this.path(`${name}.pid`), String(child.pid));
  }

  private async startHub(): Promise<void> {
    if (this.isRunning("hub")) return;
    rmSync(this.path("hub.socket"), { force: true });
    // Not by tsx's command, which starts another process that would outlive it.
    this.launch("hub", process.execPath, [
      ...["--import", pathToFileURL(join(REPOSITORY, "node_modules/tsx/dist/loader.mjs")).href],
      join(__dirname, "hub.ts"),
      this.path("hub.socket"),
    ]);
    for (let tries = 0; !existsSync(this.path("hub.socket")); tries++) {
      if (tries > 200) throw new Error(`the switch did not start: see ${this.path("hub.log")}`);
      await sleep(0.1);
    }
  }

  private async define(name: string, image: Image): Promise<Machine> {
    if (existsSync(this.path(`${name}.json`))) return this.machine(name);
    const used = this.names().map((other) => this.machine(other).number);
    const own = IMAGES.indexOf(image) + 1;
    const free = [own, 5, 6, 7, 8, 9].find((number) => !used.includes(number));
    if (free === undefined) throw new Error("a lab has room for 9 machines");
    const machine = { image, number: free, port: await freePort() };
    writeFileSync(this.path(`${name}.tmp`), JSON.stringify(machine));
    renameSync(this.path(`${name}.tmp`), this.path(`${name}.json`));
    return machine;
  }

  /** Makes the disk of a new machine; returns true if it comes with the memory of a booted one, which has its addresses. */
  private createDisk(image: Image, number: number, disk: string): boolean {
    const isBooted = number === IMAGES.indexOf(image) + 1 && existsSync(bootedDisk(image));
    const made = isBooted
      ? spawnSync("cp", ["--reflink=auto", "--sparse=always", bootedDisk(image), disk])
      : spawnSync("qemu-img", [
          ...["create", "-q", "-f", "qcow2", "-F", "raw", "-b", join(this.images, `${image}.raw`), disk],
        ]);
    if (made.status !== 0) throw new Error(`cannot create ${disk}: ${made.stderr}`);
    return isBooted;
  }

  /** Starts a machine: a new one of the image, or the one that is there with the disk it has. */
  async start(name: string, image: Image): Promise<void> {
    if (this.isRunning(name)) return;
    await this.startHub();
    const { number, port } = await this.define(name, image);
    const disk = this.path(`${name}.qcow2`);
    const isBooted = !existsSync(disk) && this.createDisk(image, number, disk);
    rmSync(this.path(`${name}.qmp`), { force: true });
    this.launch(name, "qemu-system-x86_64", [
      ...["-name", name, "-machine", "pc", ...accelerator(), "-smp", "1", "-m", "1024"],
      ...["-nodefaults", "-display", "none", "-serial", `file:${this.path(`${name}.console`)}`],
      ...["-qmp", `unix:${this.path(`${name}.qmp`)},server=on,wait=off`],
      ...["-kernel", join(this.images, "vmlinuz"), "-initrd", join(this.images, "initrd")],
      ...[
        "-append",
        "root=/dev/vda ro console=ttyS0 quiet loglevel=4 mitigations=off apparmor=0 audit=0 systemd.mask=e2scrub_reap.service",
      ],
      ...["-drive", `file=${disk},if=virtio,format=qcow2,cache=unsafe`, "-device", "virtio-rng-pci"],
      ...["-netdev", `user,id=control,hostfwd=tcp:127.0.0.1:${port}-:22`],
      ...["-device", `virtio-net-pci,netdev=control,id=ctl,mac=02:00:00:00:02:0${number},addr=3,romfile=`],
      ...["-netdev", `stream,id=data,server=off,addr.type=unix,addr.path=${this.path("hub.socket")}`],
      ...["-device", `virtio-net-pci,netdev=data,id=exp,mac=02:00:00:00:01:0${number},addr=4,romfile=`],
      ...(isBooted ? ["-loadvm", BOOTED] : []),
    ]);
    // A loaded machine thinks that it is the day on which it was saved.
    for (let tries = 0; isBooted; tries++) {
      const { code, output } = await this.ssh(name, `date -s @${Math.floor(Date.now() / 1000)}`);
      if (code === 0) return;
      if (tries > 60) throw new Error(`${name} does not answer: ${output}`);
      await sleep(1);
    }
  }

  saveMemory(name: string): Promise<void> {
    return this.monitor(name, {
      execute: "human-monitor-command",
      arguments: { "command-line": `savevm ${BOOTED}` },
    });
  }

  /** Waits until SSH answers and systemd has started what it will start. */
  async wait(name: string, seconds = PATIENCE): Promise<void> {
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
      if (!this.isRunning(name)) throw new Error(`${name} does not run: see ${this.path(`${name}.log`)}`);
      const { output } = await this.ssh(name, "systemctl is-system-running --wait; true", PATIENCE);
      if (/^(running|degraded)$/m.test(output)) return;
      await sleep(0.5);
    }
    throw new Error(`${name} is not up after ${seconds} s: see ${this.path(`${name}.console`)}`);
  }

  sshArguments(name: string): string[] {
    return [
      ...["-i", this.key, "-p", String(this.machine(name).port), "-o", "ControlPath=none"],
      ...["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"],
      ...["-o", "ConnectTimeout=30", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=12", "root@127.0.0.1"],
    ];
  }

  ssh(name: string, command: string, seconds = PATIENCE): Promise<Ran> {
    const child = spawn("ssh", [...this.sshArguments(name), command], { stdio: ["ignore", "pipe", "pipe"] });
    const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    return new Promise((done) => {
      child.on("close", (code) => {
        clearTimeout(timer);
        done({ code: code ?? -1, output: Buffer.concat(chunks).toString("utf8").trimEnd() });
      });
    });
  }

  /** The output of a command that must succeed. */
  async run(name: string, command: string, seconds = PATIENCE): Promise<string> {
    const { code, output } = await this.ssh(name, command, seconds);
    if (code !== 0) throw new Error(`${name}: ${command}: status ${code}: ${output}`);
    return output;
  }

  /** An orderly reboot; returns when the machine is up again. */
  async reboot(name: string): Promise<void> {
    const before = await this.run(name, "cat /proc/sys/kernel/random/boot_id");
    await this.ssh(name, "systemctl reboot", 300);
    for (let tries = 0; ; tries++) {
      await this.wait(name);
      // sshd may have gone since: no answer is no other boot.
      const { code, output } = await this.ssh(name, "cat /proc/sys/kernel/random/boot_id");
      if (code === 0 && output !== before) return;
      if (tries > 60) throw new Error(`${name} did not reboot`);
      await sleep(1);
    }
  }

  /** Power loss: nothing is written any more. `start` boots it again. */
  async cut(name: string): Promise<void> {
    const pid = this.running(name);
    if (pid !== undefined) process.kill(pid, "SIGKILL");
    while (this.isRunning(name)) await sleep(0.1);
    rmSync(this.path(`${name}.pid`), { force: true });
  }

  async stop(name: string): Promise<void> {
    if (this.isRunning(name)) await this.ssh(name, "systemctl poweroff", 60);
    for (let tries = 0; this.isRunning(name) && tries < 600; tries++) await sleep(0.1);
    await this.cut(name);
  }

  /** Forgets a machine and its disk: the next start makes a new one. */
  async remove(name: string): Promise<void> {
    await this.cut(name);
    for (const kind of ["json", "qcow2", "qmp", "console", "log"])
      rmSync(this.path(`${name}.${kind}`), { force: true });
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.names().map((name) => this.stop(name)));
    await this.cut("hub");
  }

  /** Plugs or pulls the cable of the control port (ctl, ens3) or the data port (exp, ens4). */
  async link(name: string, port: "ctl" | "exp", up: boolean): Promise<void> {
    await this.monitor(name, { execute: "set_link", arguments: { name: port, up } });
  }

  /** Makes a TCP port of the control port reachable from here; returns the port on 127.0.0.1. */
  async forward(name: string, guestPort: number): Promise<number> {
    const port = await freePort();
    const line = `hostfwd_add control tcp:127.0.0.1:${port}-:${guestPort}`;
    await this.monitor(name, { execute: "human-monitor-command", arguments: { "command-line": line } });
    return port;
  }

  private monitor(name: string, command: object): Promise<void> {
    return new Promise((done, fail) => {
      const socket = connect(this.path(`${name}.qmp`));
      let text = "";
      let answers = 0;
      socket.on("error", fail);
      socket.on("data", (chunk: Buffer) => {
        const lines = (text + chunk.toString("utf8")).split("\n");
        text = lines.pop()!;
        for (const line of lines.map((each) => JSON.parse(each))) {
          if (line.error !== undefined) fail(new Error(`${name}: ${line.error.desc}`));
          // The human monitor returns its errors as text.
          if (typeof line.return === "string" && line.return !== "") fail(new Error(`${name}: ${line.return}`));
          if (line.QMP !== undefined) socket.write('{"execute":"qmp_capabilities"}');
          if (line.return !== undefined && ++answers === 1) socket.write(JSON.stringify(command));
          else if (answers === 2) {
            socket.end();
            done();
          }
        }
      });
    });
  }
}

/** KVM that runs inside a guest without VMX or SVM interprets Debian's kernel, and is slower than emulation. */
function accelerator(): string[] {
  const hardware = existsSync("/dev/kvm") && /^flags.*\b(vmx|svm)\b/m.test(readFileSync("/proc/cpuinfo", "utf8"));
  return hardware ? ["-accel", "kvm", "-cpu", "host"] : ["-accel", "tcg", "-cpu", "qemu64"];
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}
