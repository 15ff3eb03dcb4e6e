import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { itWith, ROOT } from "../support/tools";
import { HandMadeProject, packed } from "./stack";

const SYSCTL = "/etc/sysctl.d/60-netloom.conf";
const at = (host: string) => ({ kind: "ssh", host });

/**
 * Machines that an `ssh` of ours reaches: directories by address, each with an identity of its own. Other addresses
 * refuse the connection.
 */
class Machines extends HandMadeProject {
  add(address: string, identity: string): this {
    mkdirSync(this.at(`machines/${address}`), { recursive: true });
    writeFileSync(this.at(`machines/${address}.identity`), `${identity}\n`);
    const ssh = [
      "#!/bin/sh",
      'while [ "$1" != -- ]; do shift; done',
      `root=${this.at("machines")}/$2`,
      '[ -d "$root" ] || { echo "ssh: connect to host $2 port 22: Connection refused" >&2; exit 255; }',
      "# What the runner names by absolute path, the identity and the staging directory, belongs to this machine too.",
      'script=$(printf %s "$3" | sed "s,/proc/sys/kernel/random/boot_id /etc/machine-id,$root.identity,; s, /var/lib, $root/var/lib,g")',
      'NETLOOM_ROOT=$root NETLOOM_STATIC=1 exec sh -c "$script"',
    ];
    mkdirSync(this.at("bin"), { recursive: true });
    writeFileSync(this.at("bin/ssh"), ssh.join("\n"), { mode: 0o755 });
    return this;
  }

  deployTo(address: string): this {
    this.synth({ a: { files: { [SYSCTL]: "x = 1\n" }, target: at(address) } });
    expect(this.as("me", {}, "commit", "default")).toMatchObject({ code: 0 });
    return this;
  }

  /** Terraform replaces the roster after host `a` has got another address. */
  move(from: string, to: string) {
    this.synth({ a: { files: { [SYSCTL]: "x = 1\n" }, target: at(to) } });
    return this.as("me", packed({ a: { ...at(from), window: 10 } }), "withdraw", "--departed");
  }

  has(address: string): boolean {
    return existsSync(join(this.at(`machines/${address}`), SYSCTL));
  }

  private as(owner: string, env: Readonly<Record<string, string>>, ...words: string[]) {
    const path = `${this.at("bin")}:${process.env["PATH"]}`;
    return this.runWith({ ...env, PATH: path, NETLOOM_OWNER: owner }, ...words);
  }
}

itWith([ROOT], "a machine whose host is on another machine now becomes what it was", () => {
  const machines = new Machines().add("10.0.0.1", "one").add("10.0.0.2", "two").deployTo("10.0.0.1");
  const moved = machines.move("10.0.0.1", "10.0.0.2");
  expect(moved.stderr).toBe("");
  expect(moved.stdout).toBe("netloom: a at 10.0.0.1: as it was before netloom\n");
  expect(machines.has("10.0.0.1")).toBe(false);
});

itWith([ROOT], "a machine that only has another address is left alone", () => {
  const machines = new Machines().add("10.0.0.1", "one").add("10.0.0.2", "one").deployTo("10.0.0.1");
  expect(machines.move("10.0.0.1", "10.0.0.2")).toMatchObject({ code: 0, stdout: "", stderr: "" });
  expect(machines.has("10.0.0.1")).toBe(true);
});

itWith([ROOT], "nothing is taken back while the new address does not answer, since it may be the same machine", () => {
  const machines = new Machines().add("10.0.0.1", "one").deployTo("10.0.0.1");
  const moved = machines.move("10.0.0.1", "10.0.0.2");
  expect(moved.code).toBe(1);
  expect(moved.stderr).toMatch(/a: identify: .*10\.0\.0\.2 port 22: Connection refused/);
  expect(moved.stderr).toContain("fix: make sure that 10.0.0.2 is up");
  expect(machines.has("10.0.0.1")).toBe(true);
});

itWith([ROOT], "an old address that does not answer is named, and stops nobody", () => {
  const machines = new Machines().add("10.0.0.1", "one").deployTo("10.0.0.1");
  const moved = machines.move("10.0.0.9", "10.0.0.1");
  expect(moved.code).toBe(0);
  expect(moved.stderr).toContain("a at 10.0.0.9: nothing answers there any more, since a is reached elsewhere");
});
