import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { shipped } from "../../lib/agent/shipped";

const hex = (text: string) => createHash("sha256").update(text).digest("hex");

export interface StackHost {
  readonly files?: Readonly<Record<string, string>>;
  readonly plan?: readonly string[];
  readonly mesh?: boolean;
  readonly wave?: string;
  /** sh lines of the verify script. */
  readonly checks?: readonly string[];
  readonly target?: object;
}

/** A project whose stack was written by hand, as synth would write it, with directory targets below `machines/`. */
export class HandMadeProject {
  readonly directory = mkdtempSync(join(tmpdir(), "netloom-project-"));
  readonly stack = join(this.directory, "cdktf.out/stacks/lab");
  private readonly digests = new Map<string, string>();

  synth(hosts: Readonly<Record<string, StackHost>>, more: object = {}): void {
    for (const [name, text] of Object.entries(shipped())) this.write(name, text);
    const table = Object.entries(hosts)
      .filter(([, host]) => host.mesh)
      .map(([name], i) => `# ${name}\n[Peer]\nPublicKey = @key:lab/mesh/${name}@\nAllowedIPs = 10.66.0.${i + 1}/32\n`)
      .join("\n");
    if (table !== "") this.write("wireguard/mesh.peers", table);
    const waves = [...new Set(Object.values(hosts).map(({ wave = "default" }) => wave))];
    const index = {
      schema: 1,
      stack: "lab",
      project: "../../..",
      lock: "netloom.lock.json",
      hosts: Object.fromEntries(Object.entries(hosts).map(([name, host]) => [name, this.host(name, host, table)])),
      waves: waves.map((wave) => ({
        name: wave,
        hosts: Object.keys(hosts).filter((name) => (hosts[name]!.wave ?? "default") === wave),
      })),
      ...more,
    };
    this.write("netloom.json", JSON.stringify(index, undefined, 2));
  }

  private host(name: string, host: StackHost, table: string): object {
    const texts: Record<string, string> = {
      plan: ["netloom-plan\t1", ...(host.plan ?? []), ""].join("\n"),
      verify: `#!/bin/sh\n. "\${NETLOOM_CHECKS}"\nchecks_begin 'lab/${name}' "$@"\n${(host.checks ?? []).join("\n")}\nchecks_end\n`,
    };
    for (const [path, text] of Object.entries(host.files ?? {})) texts[`root${path}`] = text;
    for (const [path, text] of Object.entries(texts)) this.write(`hosts/${name}/${path}`, text);
    if (host.mesh) texts["wireguard/mesh.peers"] = table;
    const files = Object.entries(texts).map(([path, text]) => [
      path,
      { sha256: hex(text), mode: "0644", install: path.startsWith("root/") ? "link" : "none" },
    ]);
    const digest = hex(JSON.stringify(files));
    this.digests.set(name, digest);
    return {
      path: `lab/${name}`,
      platform: "linux",
      digest,
      wave: host.wave ?? "default",
      window: 10,
      target: host.target ?? { kind: "directory", path: `machines/${name}` },
      files: Object.fromEntries(files),
      keys: host.mesh
        ? [{ slot: "wg0.1", device: "wg0", mesh: "lab/mesh", member: name, epoch: 1, source: "host" }]
        : [],
    };
  }

  run(...words: string[]) {
    return this.runWith({}, ...words);
  }

  runWith(env: NodeJS.ProcessEnv, ...words: string[]) {
    const all = { ...process.env, CI: "", ...env };
    const ran = spawnSync(process.execPath, ["deploy.cjs", ...words], { cwd: this.stack, env: all, encoding: "utf8" });
    return { code: ran.status, stdout: ran.stdout, stderr: ran.stderr };
  }

  withdraw(name: string, owner: string) {
    const target = JSON.stringify({ kind: "directory", path: `machines/${name}` });
    return this.runWith(
      {
        NETLOOM_HOST: name,
        NETLOOM_TARGET: target,
        NETLOOM_DIGEST: this.digests.get(name),
        NETLOOM_OWNER: owner,
        NETLOOM_WINDOW: "10",
      },
      "withdraw",
    );
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.stack, path)), { recursive: true });
    writeFileSync(join(this.stack, path), text);
  }

  /** Path below the project. */
  at(path: string): string {
    return join(this.directory, path);
  }
}
