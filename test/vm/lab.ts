import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { emulator } from "./emulator";
import { IMAGES, type Image, imageDirectory } from "./images";
import { type Cable, FORWARDED, type ForwardedPort, type Machine } from "./machine";
import { Processes, sleep } from "./processes";

const REPOSITORY = join(__dirname, "..", "..");

/** Seconds for what a machine does by itself, from a command to a boot, beside other work. */
export const PATIENCE = 600;

export interface Ran {
  readonly code: number;
  readonly output: string;
}

/** Whole machines, and the switch between their data ports. All of it lies in one directory; labs do not meet. */
export class Lab {
  readonly directory: string;
  readonly images = imageDirectory();
  private readonly emulator = emulator();
  private readonly processes: Processes;

  constructor(directory: string) {
    this.directory = resolve(directory);
    mkdirSync(this.directory, { recursive: true });
    this.processes = new Processes(this.directory);
  }

  private path(name: string): string {
    return this.processes.path(name);
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

  isRunning(name: string): boolean {
    return this.processes.isRunning(name);
  }

  private async startHub(): Promise<void> {
    if (!this.isRunning("hub")) rmSync(this.path("hub.socket"), { force: true });
    // Not by tsx's command, which starts another process that would outlive it.
    this.processes.launch("hub", process.execPath, [
      ...["--import", pathToFileURL(join(REPOSITORY, "node_modules/tsx/dist/loader.mjs")).href],
      join(__dirname, "hub.ts"),
      this.path("hub.socket"),
    ]);
    await this.processes.made("hub.socket", "hub");
  }

  private async define(name: string, image: Image): Promise<Machine> {
    if (existsSync(this.path(`${name}.json`))) return this.machine(name);
    const used = this.names().map((other) => this.machine(other).number);
    const own = IMAGES.indexOf(image) + 1;
    const free = [own, 5, 6, 7, 8, 9].find((number) => !used.includes(number));
    if (free === undefined) throw new Error("a lab has room for 9 machines");
    const ports = Object.fromEntries(await Promise.all(FORWARDED.map(async (port) => [port, await freePort()])));
    const machine: Machine = { image, number: free, ports };
    writeFileSync(this.path(`${name}.tmp`), JSON.stringify(machine));
    renameSync(this.path(`${name}.tmp`), this.path(`${name}.json`));
    return machine;
  }

  /** Starts a machine: a new one of the image, or the one that is there with the disk it has. */
  async start(name: string, image: Image): Promise<void> {
    if (this.isRunning(name)) return;
    await this.startHub();
    await this.emulator.start(this.processes, name, await this.define(name, image), this.path("hub.socket"));
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
    throw new Error(`${name} is not up after ${seconds} s: see ${name}.log and ${name}.console in ${this.directory}`);
  }

  sshArguments(name: string): string[] {
    return [
      ...["-i", this.key, "-p", String(this.port(name, 22)), "-o", "ControlPath=none"],
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
    await this.processes.kill(name);
    await this.emulator.clear(this.processes, name);
  }

  async stop(name: string): Promise<void> {
    if (this.isRunning(name)) await this.ssh(name, "systemctl poweroff", 60);
    for (let tries = 0; this.isRunning(name) && tries < 600; tries++) await sleep(0.1);
    await this.cut(name);
  }

  /** Forgets a machine and its disk: the next start makes a new one. */
  async remove(name: string): Promise<void> {
    await this.cut(name);
    for (const kind of ["json", "console", "log", ...this.emulator.files])
      rmSync(this.path(`${name}.${kind}`), { force: true });
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.names().map((name) => this.stop(name)));
    await this.processes.kill("hub");
  }

  /** Plugs or pulls the cable of a port. */
  async link(name: string, cable: Cable, isPlugged: boolean): Promise<void> {
    await this.emulator.setCable(this.processes, name, cable, isPlugged);
  }

  /** Where a TCP port of the control port can be reached: a port on 127.0.0.1. */
  port(name: string, guestPort: ForwardedPort): number {
    return this.machine(name).ports[guestPort];
  }
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}
