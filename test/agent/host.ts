import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { shipped } from "../../lib/agent/shipped";

const hex = (text: string) => createHash("sha256").update(text).digest("hex");

/**
 * A sed command that omits what every host of these tests says, since it has no systemd: test/agent/boot.test.ts looks
 * at that.
 */
export const WITHOUT_INIT = String.raw`s/this host has no systemd[^"]* afterwards\(; \)\{0,1\}//`;

/** A file as the agent keeps what must not get lost: lines, and a last one that tells when they are damaged. */
export const record = (name: string, lines: string) => `${lines}#${name}\t${hex(`${name}\n${lines}`).slice(0, 16)}\n`;

/** What is left of a file, as shell commands on `$1`. */
export const DAMAGE = {
  emptied: ': >"$1"',
  truncated: 'head -c 2 "$1" >"$1.t"; mv "$1.t" "$1"',
  "without its last line": 'sed "\\$d" "$1" >"$1.t"; mv "$1.t" "$1"',
  swapped: 'cp /etc/passwd "$1"',
  missing: 'rm "$1"',
  "a directory": 'rm "$1"; mkdir "$1"',
} as const;
export const DAMAGES = Object.keys(DAMAGE) as (keyof typeof DAMAGE)[];

export interface FileOfGeneration {
  readonly content: string;
  readonly mode?: string;
  readonly install?: "link" | "copy" | "none";
}

/** A root directory that the agent takes for a host: real files, a /proc/sys of plain files, no systemd. */
export class ScratchHost {
  readonly root = mkdtempSync(join(tmpdir(), "netloom-agent-"));
  readonly env: NodeJS.ProcessEnv;

  constructor(sysctls: Readonly<Record<string, string>> = {}, env: NodeJS.ProcessEnv = {}) {
    for (const directory of ["var/lib", "run", "etc", "tmp"])
      mkdirSync(join(this.root, directory), { recursive: true });
    for (const [key, value] of Object.entries(sysctls))
      this.write(`proc/sys/${key.replaceAll(".", "/")}`, `${value}\n`);
    this.env = {
      ...process.env,
      NETLOOM_ROOT: this.root,
      NETLOOM_PROC: join(this.root, "proc"),
      NETLOOM_LIVE_PAUSES: "",
      ...env,
    };
  }

  agent(...words: string[]) {
    return this.sh(`sh "$NETLOOM_ROOT/var/lib/netloom/agent" ${words.join(" ")}`);
  }

  sh(script: string, input = "") {
    const ran = spawnSync("sh", ["-c", script], { env: this.env, encoding: "utf8", input });
    return { code: ran.status, stdout: ran.stdout, stderr: ran.stderr };
  }

  /** Stages a generation as the runner does. */
  stage(
    digest: string,
    plan: readonly string[],
    files: Readonly<Record<string, FileOfGeneration>> = {},
    owner = "owner",
    agent = shipped()["agent.sh"],
  ) {
    const directory = mkdtempSync(join(this.root, "tmp/stage-"));
    const all: Record<string, FileOfGeneration> = {
      plan: { content: ["netloom-plan\t1", ...plan, ""].join("\n") },
      verify: { content: '#!/bin/sh\n. "$NETLOOM_CHECKS"\nchecks_begin host "$@"\nchecks_end\n' },
      platform: { content: "linux\n" },
      "agent.sh": { content: agent },
      "checks.sh": { content: shipped()["checks.sh"] },
      ...files,
    };
    const manifest = Object.entries(all).map(([path, { content, mode = "0644", install = "none" }]) => {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), content);
      return `${hex(content)}\t${mode}\t${install}\t${path}\n`;
    });
    writeFileSync(join(directory, "manifest"), manifest.join(""));
    return this.sh(`sh "${directory}/agent.sh" stage ${digest} ${owner} "${directory}"`);
  }

  /** Arms, activates and waits until the activation is over. */
  activate(id: string, seconds = 60): string {
    const armed = this.agent("arm", id, String(seconds));
    if (armed.code !== 0) return armed.stderr;
    this.agent("activate", id);
    return this.settled();
  }

  settled(): string {
    for (let i = 0; i < 100; i++) {
      const phase = this.status().phase ?? "";
      if (phase !== "activating") return phase;
      spawnSync("sleep", ["0.05"]);
    }
    return "activating for too long";
  }

  deploy(id: string): string {
    const phase = this.activate(id);
    return phase === "activated" ? this.agent("confirm", id).stdout.trim() : phase;
  }

  status(): Record<string, string> {
    return JSON.parse(this.agent("status").stdout) as Record<string, string>;
  }

  sysctl(key: string): string {
    return this.read(`proc/sys/${key.replaceAll(".", "/")}`).trim();
  }

  write(path: string, content: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), content);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), "utf8");
  }

  /** Does to a file what a power cut, a full disk or somebody else does. */
  damage(path: string, how: keyof typeof DAMAGE): void {
    const { stderr } = this.sh(`set -- "$NETLOOM_ROOT/${path}"; ${DAMAGE[how]}`);
    if (stderr !== "") throw new Error(stderr);
  }

  has(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  /** What a crash and a reboot do: everything below /run is gone, and so is every process. */
  reboot(): void {
    rmSync(join(this.root, "run"), { recursive: true, force: true });
    mkdirSync(join(this.root, "run"));
  }

  /** Every file below the root, with its content. */
  tree(): string {
    return this.sh(
      'cd "$NETLOOM_ROOT" && find etc var run \\( -type d -printf "%p/\\n" \\) -o \\( -type l -printf "%p -> %l\\n" \\) -o -exec sha256sum {} + | sort',
    ).stdout;
  }

  copyTo(path: string): void {
    cpSync(this.root, path, { recursive: true, verbatimSymlinks: true });
  }

  remove(): void {
    // A watchdog of an open window ends by itself once its transaction is gone.
    rmSync(this.root, { recursive: true, force: true });
  }
}
