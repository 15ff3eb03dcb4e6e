import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { shipped } from "../../lib/agent/shipped";

const hex = (text: string) => createHash("sha256").update(text).digest("hex");

/** A roster as Terraform hands it on, in parts of `size` characters. */
export function packed(roster: object, size = 120_000): Readonly<Record<string, string>> {
  const text = gzipSync(JSON.stringify(roster)).toString("base64");
  const part = (i: number) => [`NETLOOM_HOSTS_${i + 1}`, text.slice(i * size, (i + 1) * size)];
  return Object.fromEntries(Array.from({ length: 8 }, (_, i) => part(i)));
}

export interface StackHost {
  readonly files?: Readonly<Record<string, string>>;
  /** Files that lie in `shared/`, by their path on the host. */
  readonly shared?: Readonly<Record<string, string>>;
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

  synth(hosts: Readonly<Record<string, StackHost>>, more: object = {}): void {
    for (const [name, text] of Object.entries(shipped())) this.write(name, text);
    const table = Object.entries(hosts)
      .filter(([, host]) => host.mesh)
      .map(([name], i) => `# ${name}\n[Peer]\nPublicKey = @key:lab/mesh/${name}@\nAllowedIPs = 10.66.0.${i + 1}/32\n`)
      .join("\n");
    if (table !== "") this.write("wireguard/mesh.peers", table);
    const shared: Record<string, string> = table === "" ? {} : { "wireguard/mesh.peers": hex(table) };
    for (const [path, text] of Object.values(hosts).flatMap((host) => Object.entries(host.shared ?? {}))) {
      this.write(`shared/root${path}`, text);
      shared[`root${path}`] = hex(text);
    }
    const waves = [...new Set(Object.values(hosts).map(({ wave = "default" }) => wave))];
    const index = {
      schema: 2,
      stack: "lab",
      project: "../../..",
      lock: "netloom.lock.json",
      hosts: Object.fromEntries(Object.entries(hosts).map(([name, host]) => [name, this.host(name, host, shared)])),
      shared,
      waves: waves.map((wave) => ({
        name: wave,
        hosts: Object.keys(hosts).filter((name) => (hosts[name]!.wave ?? "default") === wave),
      })),
      ...more,
    };
    this.write("netloom.json", JSON.stringify(index, undefined, 2));
  }

  private host(name: string, host: StackHost, allShared: Readonly<Record<string, string>>): object {
    const texts: Record<string, string> = {
      plan: ["netloom-plan\t1", ...(host.plan ?? []), ""].join("\n"),
      verify: `#!/bin/sh\n. "\${NETLOOM_CHECKS}"\nchecks_begin 'lab/${name}' "$@"\n${(host.checks ?? []).join("\n")}\nchecks_end\n`,
    };
    for (const [path, text] of Object.entries(host.files ?? {})) texts[`root${path}`] = text;
    for (const [path, text] of Object.entries(texts)) this.write(`hosts/${name}/${path}`, text);
    const files = Object.fromEntries(Object.entries(texts).map(([path, text]) => [path, hex(text)]));
    const shared = Object.keys(host.shared ?? {}).map((path) => `root${path}`);
    if (host.mesh) shared.push("wireguard/mesh.peers");
    return {
      path: `lab/${name}`,
      platform: "linux",
      digest: hex(JSON.stringify([files, shared.map((path) => allShared[path])])),
      window: 10,
      target: host.target ?? { kind: "directory", path: `machines/${name}` },
      files,
      shared,
      keys: host.mesh ? [{ device: "wg0", mesh: "lab/mesh", member: name, epoch: 1 }] : [],
    };
  }

  run(...words: string[]) {
    return this.runWith({}, ...words);
  }

  runWith(env: NodeJS.ProcessEnv, ...words: string[]) {
    const all = { ...process.env, CI: "", NETLOOM_PROGRESS: "0", ...env };
    const ran = spawnSync(process.execPath, ["deploy.cjs", ...words], { cwd: this.stack, env: all, encoding: "utf8" });
    return { code: ran.status, stdout: ran.stdout, stderr: ran.stderr };
  }

  /** Withdraws the hosts of a roster that are not in the stack any more. */
  depart(owner: string, ...names: string[]) {
    const place = (name: string) => ({ kind: "directory", path: `machines/${name}`, window: 10 });
    const roster = Object.fromEntries(names.map((name) => [name, place(name)]));
    return this.runWith({ NETLOOM_OWNER: owner, ...packed(roster) }, "withdraw", "--departed");
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
