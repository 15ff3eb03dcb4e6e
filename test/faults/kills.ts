import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fleet, Started } from "./fleet";
import { committedOf, deployers, phaseOf, wantedOf } from "./observe";
import type { Struck, Trial } from "./session";

/** When a fault strikes. The moments at which it is due are seen in what the runner says and in the hosts' own files. */
export const BOUNDARIES = [
  "staging",
  "staged",
  "armed",
  "activating",
  "activated",
  "local checks",
  "pair checks",
  "first confirm",
  "between confirms",
  "final report",
] as const;
export type Boundary = (typeof BOUNDARIES)[number];

function reached(boundary: Boundary, { fleet, target }: Trial, run: Started): boolean {
  const some = (test: (host: string) => boolean) => fleet.hosts.some(test);
  const every = (test: (host: string) => boolean) => fleet.hosts.every(test);
  const isNew = (host: string) => committedOf(host).startsWith(fleet.digest(target, host));
  switch (boundary) {
    case "staging":
      return run.output().includes(": staging on");
    case "staged":
      return every((host) => wantedOf(host) === fleet.digest(target, host));
    case "armed":
      return some((host) => phaseOf(host) === "armed");
    case "activating":
      return some((host) => phaseOf(host) === "activating");
    case "activated":
      return every((host) => phaseOf(host) === "activated");
    case "local checks":
      return run.output().includes(": local checks on");
    case "pair checks":
      return run.output().includes(": checks between hosts on");
    case "first confirm":
      return /: confirm \d+ hosts/.test(run.output());
    case "between confirms":
      return some(isNew);
    case "final report":
      return every(isNew);
  }
}

/** Looks every few milliseconds, so that a kill falls close behind the boundary. */
export async function arrives(boundary: Boundary, trial: Trial, run: Started): Promise<boolean> {
  while (run.child.exitCode === null && run.child.signalCode === null) {
    if (reached(boundary, trial, run)) return true;
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
  return false;
}

/** Ends things. Returns what was hit, "" if there was nothing to hit any more. */
export type Kill = (fleet: Fleet, random: () => number) => string;

function signal(pids: readonly number[], name: NodeJS.Signals): string {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended in between.
    }
  }
  return pids.length === 0 ? "" : `${pids.length} processes`;
}

const terraforms = () => deployers("terraform", "apply");
const runners = () => deployers("node", "deploy.cjs");
const clis = () => deployers("node", "cdktf-cli/bundle/bin/cdktf");
const sshes = () => deployers("ssh", "BatchMode=yes");
const one = (pids: readonly number[], random: () => number) =>
  pids.length === 0 ? [] : [pids[Math.floor(random() * pids.length)]!];

export const KILLS: Readonly<Record<string, Kill>> = {
  "terraform, kill -9": () => signal(terraforms(), "SIGKILL"),
  "terraform, SIGTERM": () => signal(terraforms(), "SIGTERM"),
  "terraform, SIGINT": () => signal(terraforms(), "SIGINT"),
  "runner, kill -9": () => signal(runners(), "SIGKILL"),
  "runner, SIGTERM": () => signal(runners(), "SIGTERM"),
  "runner, SIGINT": () => signal(runners(), "SIGINT"),
  "one ssh, kill -9": (_, random) => signal(one(sshes(), random), "SIGKILL"),
  "cdktf's CLI, kill -9": () => signal(clis(), "SIGKILL"),
  "cdktf's CLI, SIGTERM": () => signal(clis(), "SIGTERM"),
  "cdktf's CLI, SIGINT": () => signal(clis(), "SIGINT"),
  "deploying machine, power cut": () => signal([...clis(), ...terraforms(), ...runners(), ...sshes()], "SIGKILL"),
  "one host, power cut": (fleet, random) => powerCut(fleet.hosts[Math.floor(random() * fleet.hosts.length)]!),
};

/** The host's processes, links, /run and live values are gone at once; its disk stays, and it boots. */
export function powerCut(host: string): string {
  must("lab_crash", host);
  must("lab_boot", host);
  boot(host);
  return host;
}

/** What the units netloom-boot.service and netloom.service do; the hosts of the lab have no systemd. */
function boot(host: string): void {
  const agent =
    "[ ! -f /var/lib/netloom/agent ] || { sh /var/lib/netloom/agent boot; sh /var/lib/netloom/agent live; }";
  must("lab_exec", host, "sh", "-c", agent);
}

function must(program: string, ...args: string[]): void {
  const ran = spawnSync(program, args, { encoding: "utf8" });
  if (ran.status !== 0) throw new Error(`${program} ${args.join(" ")}: ${ran.stderr}${ran.stdout}`);
}

/** Programs of the deploying machine that are still at work. */
export const atWork = () => [...terraforms(), ...runners(), ...clis(), ...sshes()];
export { signal };

/** Deploys, and kills at a boundary, or so many seconds after the start. */
export async function strikeAt(
  trial: Trial,
  kill: Kill,
  fault: string,
  moment: Boundary | number,
  random: () => number,
): Promise<Struck> {
  const run = fault.startsWith("cdktf") ? trial.fleet.cdktf() : trial.fleet.apply();
  if (typeof moment === "number") await Promise.race([sleep(moment * 1000), run.done]);
  else await arrives(moment, trial, run);
  return { run, missed: kill(trial.fleet, random) === "" };
}
