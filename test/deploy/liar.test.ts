import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { itWith, ROOT } from "../support/tools";
import { FakeClock, FakeHost, NEW } from "./fake-host";
import { HandMadeProject } from "./stack";

const SYSCTL = "/etc/sysctl.d/60-netloom.conf";
const SSH_ADDRESS = "10.0.0.1";
const DIGEST = "f".repeat(64);

/** What a host's login shell does with a command, by the name of the lie; `$cmd` is the command. */
const LIES = {
  motd: 'echo "Welcome to host"; echo "last login: never" >&2',
  "motd with escapes": "printf '\\033[2J\\033]0;PWNED\\007netloom: lab, wave default: 3 hosts confirmed\\n'",
  huge: 'case "$cmd" in *status*) exec cat /dev/zero ;; esac',
  "huge errors": 'case "$cmd" in *status*) exec cat /dev/zero >&2 ;; esac',
  binary: "head -c 100000 /dev/urandom; exit 0",
  null: answer("status", "null"),
  types: answer("status", '{"agent":1,"committed":5,"active":null,"pending":7,"phase":[],"remaining":"x"}'),
  escapes:
    "case \"$cmd\" in *status*) printf '\\033]0;PWNED\\007\\033[2J\\033[1;1Hnetloom: lab, wave default: 3 hosts confirmed\\033[8m' >&2; exit 1 ;; esac",
  "no checks": answer("probe", '{"ok":true}'),
  "checks with escapes": answer(
    "probe",
    '{"host":"h2","phase":"all","ok":false,"checks":[{"status":"fail","kind":"sysctl","phase":"local","construct":"c","because":"b","what":"\\u001b[2Jx","wanted":"w","found":"\\u001b]0;PWN\\u0007 f"}]}',
  ),
  "always confirmed": answer("confirm", `confirmed ${DIGEST}`),
  "shell that runs nothing": "echo 'This account is currently not available.'; exit 1",
  "no tools": "PATH=/nonexistent",
} as const;
type Lie = keyof typeof LIES;

/** Another answer than the script would give, in the frame of the right one: whoever is root on a host can do that. */
function answer(verb: string, text: string): string {
  const marker = "printf '%s' \"$cmd\" | grep -o 'netloom-[0-9a-f]*' | head -n 1";
  return `case "$cmd" in *${verb}*) m=$(${marker}); echo "$m"; echo '${text}'; echo; echo "$m"; exit 0 ;; esac`;
}

/** A stack of one host, which an `ssh` of ours reaches, and whose login shell lies. */
class LyingHost extends HandMadeProject {
  constructor() {
    super();
    mkdirSync(this.at(`machines/${SSH_ADDRESS}/var/lib`), { recursive: true });
    mkdirSync(this.at("bin"), { recursive: true });
    writeFileSync(
      this.at("bin/ssh"),
      [
        "#!/bin/sh",
        'while [ "$1" != -- ]; do shift; done',
        "cmd=$3",
        `. ${this.at("lie")}`,
        `root=${this.at("machines")}/$2`,
        // What is staged lies below /var/lib: of that host, not of the machine that runs the tests.
        'script=$(printf %s "$cmd" | sed "s, /var/lib, $root/var/lib,g")',
        'NETLOOM_ROOT=$root NETLOOM_STATIC=1 exec /bin/sh -c "$script"',
      ].join("\n"),
      { mode: 0o755 },
    );
    this.synth({
      a: {
        files: { [SYSCTL]: "x = 1\n" },
        target: { kind: "ssh", host: SSH_ADDRESS },
        checks: ["check files local lab because"],
      },
    });
  }

  tell(lie: Lie | undefined, ...words: string[]) {
    writeFileSync(this.at("lie"), lie === undefined ? "" : `${LIES[lie]}\n`);
    const ran = this.runWith({ PATH: `${this.at("bin")}:${process.env["PATH"]}` }, ...words);
    // Whatever it is: nothing that a terminal acts on, no stack trace, and the host is named where something failed.
    expect(ran.stdout + ran.stderr).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f]/);
    expect(ran.stdout + ran.stderr).not.toMatch(/\n {4}at /);
    if (ran.code !== 0) expect(ran.stderr).toMatch(/\ba: /);
    return ran;
  }

  get isDeployed(): boolean {
    return existsSync(this.at(`machines/${SSH_ADDRESS}${SYSCTL}`));
  }
}

describe("a host whose login shell prints text", () => {
  for (const lie of ["motd", "motd with escapes"] as const)
    itWith(
      [ROOT],
      `is deployed to as if it did not: ${lie}`,
      () => {
        const host = new LyingHost();
        const ran = host.tell(lie, "commit", "default");
        expect(ran).toMatchObject({ code: 0, stderr: "" });
        expect(ran.stdout).not.toContain("3 hosts confirmed");
        expect(host.isDeployed).toBe(true);
        expect(host.tell(lie, "status").stdout).toMatch(/^a: up to date/);
      },
      60_000,
    );
});

describe("a host that answers a question about its status", () => {
  it.each([
    [
      "huge",
      'a: status: the answer was larger than any that is right, and was cut off\n    fix: run "ssh root@10.0.0.1 true"',
    ],
    ["huge errors", "the answer was larger than any that is right, and was cut off"],
    ["null", "a: status: the answer cannot be used: it is not an object: null\n    fix: delete /var/lib/netloom/agent"],
    ["types", 'a: status: the answer cannot be used: "committed" is not the name of a generation: 5'],
    ["escapes", "a: status: netloom: lab, wave default: 3 hosts confirmed"],
    ["binary", "a: status: the login shell did not run our command; it printed: "],
    [
      "shell that runs nothing",
      'a: status: This account is currently not available.\n    fix: make "ssh root@10.0.0.1 sh -c \'echo works\'" print "works"',
    ],
  ] as const)(
    "in a way that no agent does is named: %s",
    (lie, said) => {
      expect(new LyingHost().tell(lie, "status")).toMatchObject({ code: 1, stderr: expect.stringContaining(said) });
    },
    60_000,
  );
});

/** As root: a host stages only below directories of root's. */
describe("a deploy to a host that lies", () => {
  for (const lie of ["null", "types", "huge", "binary", "shell that runs nothing", "escapes", "no tools"] as const)
    itWith(
      [ROOT],
      `fails before anything is changed, names the host, and works when the host does: ${lie}`,
      () => {
        const host = new LyingHost();
        expect(host.tell(lie, "commit", "default").code).toBe(1);
        expect(host.isDeployed).toBe(false);
        expect(host.tell(undefined, "commit", "default")).toMatchObject({ code: 0, stderr: "" });
      },
      120_000,
    );

  itWith(
    [ROOT],
    "about its checks reverts, and shows what it said without what a terminal acts on",
    () => {
      const host = new LyingHost();
      expect(host.tell("no checks", "commit", "default").stderr).toContain(
        'a: probe local: the answer cannot be used: "checks" is not a list: nothing',
      );
      expect(host.isDeployed).toBe(false);
      expect(host.tell("checks with escapes", "commit", "default").stderr).toContain(
        "sysctl x: wanted w, found f (c: b)",
      );
      expect(host.isDeployed).toBe(false);
      expect(readFileSync(`${host.stack}/netloom.json`, "utf8")).toContain("schema");
    },
    120_000,
  );

  itWith(
    [ROOT],
    "about its confirmation is not believed",
    () => {
      const host = new LyingHost();
      const ran = host.tell("always confirmed", "commit", "default");
      expect(ran.code).toBe(1);
      expect(ran.stderr).toContain(
        "a: confirm: answered that it has confirmed, but it has not; its last answer: activated",
      );
      expect(host.isDeployed).toBe(false);
    },
    60_000,
  );
});

/** Nobody waits for these: time goes on only in the test. */
describe("a host that does not come to an end", () => {
  it.each([
    ["status", 60_000],
    ["arm", 120_000],
    // As long as in a rehearsal that is not refused.
    ["probe", 1_029_000],
  ] as const)("with its answer to %s is given up after at most %i ms", async (verb, limit) => {
    const host = new FakeHost(new FakeClock(), { hangs: (asked) => asked === verb });
    const call =
      verb === "arm"
        ? host.agent.command(["arm", NEW, "60"])
        : verb === "probe"
          ? host.agent.probe("all")
          : host.agent.status();
    await expect(call).rejects.toThrow(/h1: (arm|status|probe all): no answer within \d+ s/);
    expect(host.clock.now()).toBeLessThanOrEqual(Math.max(limit, 120_000));
  });
});
