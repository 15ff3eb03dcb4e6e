import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import type { VerifyResult } from "../../lib/deploy/agent";
import { shipped } from "../../lib/agent/shipped";

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
