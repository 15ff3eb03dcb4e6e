import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { VerifyResult } from "../../lib/contract";
import { shipped } from "../../lib/agent/shipped";
import { itWith, ROOT } from "../support/tools";

const root = mkdtempSync(join(tmpdir(), "netloom-checks-"));
const put = (path: string, content: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
};
put("checks.sh", shipped()["checks.sh"]);
put("proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456\n");
put("etc/a.conf", "text\n");
const SUM = createHash("sha256").update("text\n").digest("hex");

function verify(lines: readonly string[], words: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const script = `. "$NETLOOM_CHECKS"\nchecks_begin 'lab/h1' "$@"\n${lines.join("\n")}\nchecks_end\n`;
  const all = {
    ...process.env,
    NETLOOM_CHECKS: join(root, "checks.sh"),
    NETLOOM_ROOT: root,
    NETLOOM_PROC: join(root, "proc"),
    ...env,
  };
  return spawnSync("sh", ["-c", script, "verify", ...words], { env: all, encoding: "utf8" });
}
const check = (...words: string[]) => `check ${words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ")}`;
const statusOf = (line: string) => (JSON.parse(verify([line], ["--json"]).stdout) as VerifyResult).checks[0]!;

const RMEM = ["sysctl", "local", "lab/h1/Bbr", "the path's product", "net.ipv4.tcp_rmem"];

it("a vector sysctl is equal whatever its white space", () => {
  expect(statusOf(check(...RMEM, "4096 131072  6291456"))).toMatchObject({
    status: "ok",
    found: "4096 131072 6291456",
  });
});

it("a value is read whole from the kernel's own files", () => {
  const key = "net.ipv4.tcp_rmem";
  const value = readFileSync(`/proc/sys/${key.replaceAll(".", "/")}`, "utf8")
    .trim()
    .split(/\s+/)
    .join(" ");
  const ran = verify([check(...RMEM, value)], ["--json"], { NETLOOM_PROC: "/proc" });
  expect((JSON.parse(ran.stdout) as VerifyResult).checks[0]).toMatchObject({ status: "ok", found: value });
});

it("a difference is told with what was wanted, found, by whom, and why", () => {
  const text = verify([check(...RMEM, "4096 131072 1")]);
  expect(text.status).toBe(1);
  expect(text.stdout).toBe(
    [
      "TAP version 14",
      "not ok 1 - sysctl net.ipv4.tcp_rmem",
      "  ---",
      "  wanted: '4096 131072 1'",
      "  found: '4096 131072 6291456'",
      "  construct: 'lab/h1/Bbr'",
      "  because: 'the path''s product'",
      "  ...",
      "1..1",
      "",
    ].join("\n"),
  );
});

it("a key that the kernel does not have is not ok", () => {
  expect(statusOf(check("sysctl", "local", "c", "b", "net.ipv4.nothing", "1"))).toMatchObject({
    status: "fail",
    found: "this kernel does not have this key",
  });
});

it("a file is compared by content and mode", () => {
  expect(statusOf(check("file", "local", "c", "b", "/etc/a.conf", SUM, "-")).status).toBe("ok");
  expect(statusOf(check("file", "local", "c", "b", "/etc/a.conf", SUM, "0600")).status).toBe("fail");
  expect(statusOf(check("file", "local", "c", "b", "/etc/a.conf", SUM.replace(/^./, "x"), "-")).status).toBe("fail");
  expect(statusOf(check("file", "local", "c", "b", "/etc/none", SUM, "-"))).toMatchObject({
    status: "fail",
    found: "no such file",
  });
});

/** Runs a `verify` that lies in a generation with this manifest. */
function verifyGeneration(manifest: string | undefined, shell = ["sh"], env: NodeJS.ProcessEnv = {}) {
  const directory = mkdtempSync(join(tmpdir(), "netloom-generation-"));
  const script = `#!/bin/sh\n. "$NETLOOM_CHECKS"\nchecks_begin 'lab/h1' "$@"\n${check("files", "local", "lab/h1", "b")}\nchecks_end\n`;
  writeFileSync(join(directory, "verify"), script);
  if (manifest !== undefined) writeFileSync(join(directory, "manifest"), manifest);
  const all = { ...process.env, NETLOOM_CHECKS: join(root, "checks.sh"), NETLOOM_ROOT: root, ...env };
  const run = (cwd: string, path: string) => {
    const { stdout, status } = spawnSync(shell[0]!, [...shell.slice(1), path, "--json"], {
      cwd,
      env: all,
      encoding: "utf8",
    });
    const { checks } = JSON.parse(stdout) as VerifyResult;
    return { status, checks: checks.map((c) => `${c.status} ${c.kind} ${c.phase} ${c.what}: ${c.found}`) };
  };
  const whole = run("/", join(directory, "verify"));
  expect(run(directory, "verify").status).toBe(whole.status);
  return whole;
}

const line = (sum: string, mode: string, install: string, path: string) => `${sum}\t${mode}\t${install}\t${path}\n`;
const MODE = (statSync(join(root, "etc/a.conf")).mode & 0o777).toString(8).padStart(4, "0");
const A_CONF = line(SUM, MODE, "link", "root/etc/a.conf");

describe("the files of a generation", () => {
  const OTHERS = line(SUM, "0644", "none", "plan") + line(SUM, "0644", "none", "wireguard/mesh.peers");
  const ok = `ok file local /etc/a.conf: sha256 ${SUM}`;

  for (const shell of [["dash"], ["busybox", "sh"]]) {
    itWith(
      shell.slice(0, 1),
      `are compared one by one with its manifest, those that are installed (${shell[0]})`,
      () => {
        const { status, checks } = verifyGeneration(
          OTHERS +
            A_CONF +
            line(SUM, "0644", "copy", "root/etc/none") +
            line("0".repeat(64), MODE, "copy", "root/etc/a.conf"),
          shell,
        );
        expect(status).toBe(1);
        expect(checks).toEqual([
          expect.stringContaining(ok),
          "fail file local /etc/none: no such file",
          `fail file local /etc/a.conf: sha256 ${SUM}`,
        ]);
      },
    );
  }

  it("are compared in a directory target, too", () => {
    expect(verifyGeneration(A_CONF, ["sh"], { NETLOOM_STATIC: "1" })).toEqual({
      status: 0,
      checks: [expect.stringContaining(ok)],
    });
  });

  it("have to have the mode that the manifest says", () => {
    expect(verifyGeneration(line(SUM, "0711", "link", "root/etc/a.conf")).status).toBe(1);
  });

  it("are not ok when the manifest is not there or names none", () => {
    expect(verifyGeneration(undefined).checks).toEqual([
      expect.stringMatching(/^fail file local .*\/manifest: no such file$/),
    ]);
    expect(verifyGeneration(OTHERS).checks).toEqual([
      expect.stringMatching(/^fail file local .*\/manifest: it names none$/),
    ]);
  });
});

it("a command is judged by its status and by a whole line of its output", () => {
  expect(statusOf(check("command", "local", "c", "b", "title", "a.c", "echo abc")).status).toBe("ok");
  expect(statusOf(check("command", "local", "c", "b", "title", "b", "echo abc")).status).toBe("fail");
  expect(statusOf(check("command", "local", "c", "b", "title", "-", "exit 3"))).toMatchObject({
    status: "fail",
    found: "exit status 3: ",
  });
});

it("an unknown kind, an unknown link and a dead address are not ok, never silently passed", () => {
  expect(statusOf(check("astrology", "local", "c", "b", "x")).status).toBe("fail");
  expect(statusOf(check("mtu", "local", "c", "b", "name=nosuchlink0", "9000"))).toMatchObject({
    status: "fail",
    found: "no link answers to name=nosuchlink0",
  });
  expect(statusOf(check("wireguard", "local", "c", "b", "nosuchwg0", "51820", "1420")).status).toBe("fail");
});

it("JSON holds whatever a value holds", () => {
  const odd = 'quote " backslash \\ tab\tnewline\nend';
  const found = statusOf(check("command", "local", "c", odd, "t", "-", `printf '%s' 'a"b\\c'`));
  expect(found).toMatchObject({ status: "ok", found: 'a"b\\c', because: 'quote " backslash \\ tab\tnewline end' });
});

it("phases are chosen, benchmarks only by name, and order is kept although pairs run side by side", () => {
  const lines = [
    check("ping", "pair", "c", "b", "127.0.0.1", "56", "pass"),
    check("command", "local", "c", "b", "second", "-", "true"),
    check("command", "benchmark", "c", "b", "third", "-", "true"),
  ];
  const kinds = (...words: string[]) =>
    (JSON.parse(verify(lines, ["--json", ...words]).stdout) as VerifyResult).checks.map(
      ({ what }) => what.split(" ")[0],
    );
  expect(kinds()).toEqual(["ping", "second"]);
  expect(kinds("--phase", "local")).toEqual(["second"]);
  expect(kinds("--phase", "pair")).toEqual(["ping"]);
  expect(kinds("--phase", "benchmark")).toEqual(["third"]);
});

it("hosts of later waves are skipped with the reason, not counted as well", () => {
  const line = check("path-mtu", "pair", "c", "b", "10.255.255.9", "9000");
  const ran = JSON.parse(
    verify([line], ["--json"], { NETLOOM_LATER: "10.255.255.8 10.255.255.9" }).stdout,
  ) as VerifyResult;
  expect(ran.checks[0]).toMatchObject({ status: "skip", found: "not run: this host comes in a later wave" });
});

it("a directory target runs file checks only, and says so for the rest", () => {
  const ran = verify([check(...RMEM, "1"), check("file", "local", "c", "b", "/etc/a.conf", SUM, "-")], ["--json"], {
    NETLOOM_STATIC: "1",
  });
  expect(ran.status).toBe(0);
  expect((JSON.parse(ran.stdout) as VerifyResult).checks.map(({ status }) => status)).toEqual(["skip", "ok"]);
});

it("no check at all is valid TAP, and a wrong option is an error of its own", () => {
  expect(verify([]).stdout).toBe("TAP version 14\n1..0\n");
  expect(verify([], ["--phase", "lunar"]).status).toBe(2);
});

itWith(["ping"], "a ping that must fail is not ok because it sent nothing", () => {
  const ping = (address: string) => statusOf(check("ping", "pair", "c", "b", address, "56", "fail"));
  expect(ping("127.0.0.1")).toMatchObject({ status: "fail", found: expect.stringContaining(" 2 received") as string });
  expect(ping("no-such-host.invalid").status).toBe("fail");
  expect(ping("not an address").status).toBe("fail");
});

itWith(["ping", "unshare", "ip", ROOT], "a ping that must fail is ok when nothing comes back", () => {
  const verify = `ip link set lo up; ip route add 192.0.2.0/24 dev lo; ip addr add 10.9.9.9/32 dev lo
    . "${join(root, "checks.sh")}"; checks_begin h --json
    ${check("ping", "pair", "c", "b", "192.0.2.1", "56", "fail")}; ${check("ping", "pair", "c", "b", "203.0.113.1", "56", "fail")}; checks_end`;
  const { stdout } = spawnSync("unshare", ["--net", "sh", "-c", verify], { encoding: "utf8" });
  expect((JSON.parse(stdout) as VerifyResult).checks.map(({ status }) => status)).toEqual(["ok", "fail"]);
});
