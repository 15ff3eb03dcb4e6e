import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { command, comment, quote } from "../../lib/render";
import { renderFirewallScript } from "../../lib/render/firewall";
import { quoteAlways } from "../../lib/render/shell";
import { scratchDirectory } from "../support/output";
import { itWith } from "../support/tools";
import { hostThat, WHY } from "./support";

/** What a real shell makes of words: each argument on its own, with NUL behind it. */
function wordsOf(text: string): string[] {
  const { stdout, status } = spawnSync("sh", ["-c", `printf '%s\\0' ${text}`], { encoding: "utf8" });
  expect(status).toBe(0);
  return stdout.split("\0").slice(0, -1);
}

const WORD = fc.string({ unit: fc.constantFrom(..."ab \t\n'\"\\$`!*?[]{}()<>|&;#~=%-é😀"), minLength: 0 });

describe("shell words", () => {
  it("mean what was quoted, to a real shell", () => {
    fc.assert(
      fc.property(fc.array(WORD, { minLength: 1, maxLength: 8 }), (words) => {
        expect(wordsOf(command(...words))).toEqual(words);
        expect(wordsOf(words.map(quoteAlways).join(" "))).toEqual(words);
      }),
      { numRuns: 60 },
    );
  });

  it("are quoted only where they need it, and refuse what no shell can hold", () => {
    expect([quote("eth0"), quote(""), quote("a b"), quote("it's")]).toEqual(["eth0", "''", "'a b'", "'it'\\''s'"]);
    expect(() => quote("a\0b")).toThrow("NL-NUL");
  });
});

describe("comments", () => {
  it("stay comments, whatever they contain", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", " ", "\n", "\r", "\u2028", "#", "x") }), (text) => {
        for (const line of comment(text).split(/[\n\r\u2028]/)) expect(line.startsWith("#")).toBe(true);
      }),
    );
    expect(comment("one\n\ntwo ")).toBe("# one\n# two");
  });
});

describe("the firewall script", () => {
  const host = hostThat((s) => {
    s.openPort({ protocol: "udp", port: 51820, interface: "exp0" }, { because: "tunnels come in here" });
    s.openPort({ protocol: "tcp", port: 179, interface: "exp1" }, WHY);
    s.openPort({ protocol: "tcp", port: 4240 }, WHY);
    s.openPort({ protocol: "udp", port: 8472, interface: "wg0" }, WHY);
  });

  /** Runs the script with a firewall that writes down what it is told, and a network of two ports. */
  function run(action: "open" | "close", programs: Readonly<Record<string, string>>): string {
    const directory = scratchDirectory();
    for (const [name, text] of Object.entries(programs)) {
      writeFileSync(join(directory, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(directory, name), 0o755);
    }
    const { stdout, stderr, status } = spawnSync("sh", ["-s", action], {
      input: renderFirewallScript(host),
      env: { PATH: `${directory}:/usr/bin:/bin`, LOG: join(directory, "log") },
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([0, ""]);
    return stdout + (spawnSync("cat", [join(directory, "log")], { encoding: "utf8" }).stdout ?? "");
  }

  const IP = `cat <<'END'
2: ens5.7@ens5: <UP> mtu 1500 \\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0 \\    vlan protocol 802.1Q id 7
3: ens5: <UP> mtu 1500 \\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0
4: bond0: <UP> mtu 1500 \\    link/ether 02:00:00:00:00:09 brd ff:ff:ff:ff:ff:ff \\    bond mode 802.3ad
END`;
  const UFW = 'if [ "$1" = status ]; then echo "Status: active"; else echo "ufw $*" >>"$LOG"; fi';

  it("tells ufw the device that has the port's permanent address, not the id of the port", () => {
    expect(run("open", { ip: IP, ufw: UFW }).trim().split("\n")).toEqual([
      "ufw allow in on enp1s0 to any port 179 proto tcp",
      "ufw allow 4240/tcp",
      "ufw allow in on ens5 to any port 51820 proto udp",
      "ufw allow in on wg0 to any port 8472 proto udp",
    ]);
    expect(run("close", { ip: IP, ufw: UFW })).toContain("ufw delete allow in on ens5 to any port 51820 proto udp\n");
  });

  it("finds a member of a bond by its permanent address", () => {
    const ip = `cat <<'END'
3: ens5: <UP> mtu 1500 \\    link/ether 02:00:00:00:00:09 brd ff:ff:ff:ff:ff:ff permaddr 02:00:00:00:00:01 promiscuity 0
4: ens6: <UP> mtu 1500 \\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff permaddr 02:00:00:00:00:02 promiscuity 0
END`;
    expect(run("open", { ip, ufw: UFW })).toContain("in on ens5 to any port 51820");
  });

  it("tells firewalld", () => {
    const firewalld = '[ "$1" = --state ] || echo "$*" >>"$LOG"';
    expect(run("open", { ip: IP, "firewall-cmd": firewalld }).trim().split("\n").sort()).toEqual([
      "--add-port=179/tcp",
      "--add-port=4240/tcp",
      "--add-port=51820/udp",
      "--add-port=8472/udp",
    ]);
  });

  it("does nothing where no firewall is in force", () => {
    expect(run("open", { ip: "exit 1", ufw: 'echo "Status: inactive"' })).toBe("");
  });

  itWith(["shellcheck"], "has nothing that shellcheck would say", () => {
    const { stdout, status } = spawnSync("shellcheck", ["--shell=sh", "-"], {
      input: renderFirewallScript(host),
      encoding: "utf8",
    });
    expect(stdout).toBe("");
    expect(status).toBe(0);
  });
});
