import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newsIn, parseIndex, shellWord } from "../../lib/contract";
import { formatFailure } from "../../lib/deploy/failure";
import { eachHost, inParallel } from "../../lib/deploy/fleet";
import { generationId } from "../../lib/deploy/generation";
import { stackIndex } from "../../lib/deploy/index-file";
import { newPrivateKey, publicKeyOf } from "../../lib/deploy/keys";
import { packageNotices, packagePolicy } from "../../lib/deploy/packages";
import { fleetText, summary } from "../../lib/deploy/report";
import { stageScript } from "../../lib/deploy/stage";
import { fillTable, membersOf, presharedKey, withPresharedKeys } from "../../lib/deploy/table";
import { tarOf } from "../../lib/deploy/tar";
import { addressesInPlan } from "../../lib/deploy/wave";
import { itWith } from "../support/tools";

const KEYS = new Map([
  ["lab/mesh/a", "AAAA="],
  ["lab/mesh/b", "BBBB="],
]);
const TABLE =
  "# a\n[Peer]\nPublicKey = @key:lab/mesh/a@\nAllowedIPs = 10.0.0.1/32\n\n# b\n[Peer]\nPublicKey = @key:lab/mesh/b@\n\n# psk: none\n[Peer]\nPublicKey = CCCC=\n";

describe("peer tables", () => {
  it("name the members they wait for, and take their keys", () => {
    expect(membersOf(TABLE)).toEqual(["lab/mesh/a", "lab/mesh/b"]);
    expect(fillTable(TABLE, KEYS)).toBe(
      TABLE.replace("@key:lab/mesh/a@", "AAAA=").replace("@key:lab/mesh/b@", "BBBB="),
    );
  });

  it("are refused while a key is missing", () => {
    expect(() => fillTable(TABLE, new Map())).toThrow("no public key for lab/mesh/a");
  });

  it("get a pre-shared key for each peer but oneself and the unmanaged", () => {
    const secret = Buffer.alloc(32, 1);
    const mine = withPresharedKeys(fillTable(TABLE, KEYS), "AAAA=", secret);
    expect(mine.match(/PresharedKey = /g)).toHaveLength(1);
    expect(mine).toContain(`PublicKey = BBBB=\nPresharedKey = ${presharedKey(secret, "AAAA=", "BBBB=")}\n`);
  });

  it("get the same pre-shared key at both ends of a pair, another one for every pair and secret", () => {
    const [one, two] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    expect(presharedKey(one, "A", "B")).toBe(presharedKey(one, "B", "A"));
    expect(new Set([presharedKey(one, "A", "B"), presharedKey(one, "A", "C"), presharedKey(two, "A", "B")]).size).toBe(
      3,
    );
    expect(Buffer.from(presharedKey(one, "A", "B"), "base64")).toHaveLength(32);
  });
});

describe("packages", () => {
  const nowhere = () => false;

  it("are read from their line of an answer, and from no other", () => {
    expect(newsIn("packages installed: a b\nstaged 1\n", "packages installed")).toEqual(["a b"]);
    expect(newsIn("packages installed: a b\nstaged 1\n", "packages needed")).toEqual([]);
  });

  it("are told once for all hosts that say the same, of which so many are named", () => {
    const many = new Map(Array.from({ length: 11 }, (_, i) => [`n${i}`, "packages installed: x\nstaged 1\n"]));
    expect(packageNotices(many, nowhere)).toEqual(["n0, n1, n10, n2, n3, n4, n5, n6 and 3 more: installed x"]);
    expect(packageNotices(new Map([["a", "staged 1\n"]]), nowhere)).toEqual([]);
  });

  it("of a host that has no dpkg are for the operator to bring", () => {
    expect(packageNotices(new Map([["a", "packages needed: x y\nstaged 1\n"]]), nowhere)).toEqual([
      "a: nothing is installed without dpkg; the host must have what Debian calls x y",
    ]);
  });

  it("are only looked for where the stack says so", () => {
    const index = (more: object) => stackIndex(parseIndex(JSON.stringify({ schema: 2, hosts: {}, ...more })), "/x");
    expect(packagePolicy(index({}))).toBe("");
    expect(packagePolicy(index({ installPackages: true }))).toBe("");
    expect(packagePolicy(index({ installPackages: false }))).toBe("NETLOOM_PACKAGES=check ");
    expect(stageScript("abcdef12", "me", false, "NETLOOM_PACKAGES=check ")).toMatch(
      /; NETLOOM_PACKAGES=check sh "\$d\/agent\.sh" stage abcdef12 me "\$d"$/,
    );
  });
});

describe("generation ids", () => {
  it("are the digest where there are no tables, and change with every byte of a table", () => {
    expect(generationId("abcdef12", new Map())).toBe("abcdef12");
    const one = generationId("abcdef12", new Map([["m.peers", "x"]]));
    expect(one).toMatch(/^abcdef12-[0-9a-f]{12}$/);
    expect(generationId("abcdef12", new Map([["m.peers", "y"]]))).not.toBe(one);
  });
});

describe("keys", () => {
  itWith(["wg"], "made here are what wg(8) takes, with the same public key", () => {
    for (let i = 0; i < 5; i++) {
      const key = newPrivateKey();
      const wg = spawnSync("wg", ["pubkey"], { input: `${key}\n`, encoding: "utf8" });
      expect(publicKeyOf(key)).toBe(wg.stdout.trim());
    }
  });

  it("of another length are refused without being told", () => {
    expect(() => publicKeyOf("c2hvcnQ=")).toThrow("not a WireGuard private key");
  });
});

describe("archives", () => {
  const long = `root/${"very-long-directory-name/".repeat(6)}file.conf`;
  const files = [
    { path: "verify", content: Buffer.from("#!/bin/sh\n"), mode: "0755" },
    { path: long, content: Buffer.alloc(513, 65), mode: "0644" },
    { path: "a/empty", content: Buffer.alloc(0), mode: "0600" },
  ];

  it("are the same bytes whatever the order", () => {
    expect(tarOf(files).equals(tarOf([...files].reverse()))).toBe(true);
  });

  it("are unpacked by tar with contents and modes", () => {
    const directory = mkdtempSync(join(tmpdir(), "netloom-tar-"));
    const ran = spawnSync("tar", ["-xf", "-", "-C", directory], { input: tarOf(files) });
    expect(ran.status).toBe(0);
    expect(readFileSync(join(directory, long))).toHaveLength(513);
    expect(
      spawnSync("stat", ["-c", "%a", join(directory, "verify"), join(directory, "a/empty")], { encoding: "utf8" })
        .stdout,
    ).toBe("755\n600\n");
  });

  it("refuse a path that the format cannot hold", () => {
    expect(() => tarOf([{ path: "x".repeat(300), content: Buffer.alloc(0), mode: "0644" }])).toThrow("too long");
  });
});

describe("shell words", () => {
  it("come back from a shell as they went in", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((text) => !text.includes("\0")),
        (text) => {
          const ran = spawnSync("sh", ["-c", `printf '%s' ${shellWord(text)}`], { encoding: "utf8" });
          return ran.stdout === text;
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("work on many hosts", () => {
  it("keeps order, bounds concurrency, and gathers every failure", async () => {
    let running = 0;
    let most = 0;
    const items = Array.from({ length: 100 }, (_, i) => ({ name: `h${i}` }));
    const doubled = await inParallel(items, async ({ name }) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
      return name;
    });
    expect(doubled).toEqual(items.map(({ name }) => name));
    expect(most).toBe(32);
    const { results, failures } = await eachHost(items.slice(0, 3), "step", async ({ name }) => {
      if (name !== "h1") throw new Error(`no ${name}`);
      return 1;
    });
    expect([...results.keys()]).toEqual(["h1"]);
    expect(failures).toEqual([
      { host: "h0", step: "step", said: "no h0" },
      { host: "h2", step: "step", said: "no h2" },
    ]);
  });

  it("tells host, step, what was said and what to do", () => {
    expect(formatFailure({ host: "h1", step: "arm", said: "one\ntwo", remedy: "three" })).toBe(
      "  h1: arm: one\n    two\n    fix: three",
    );
  });
});

describe("the report", () => {
  const check = {
    kind: "sysctl",
    phase: "local",
    construct: "lab/h1",
    because: "why",
    what: "k",
    wanted: "1",
    found: "2",
  };
  const report = {
    host: "h1",
    phase: "all",
    ok: false,
    checks: [
      { ...check, status: "fail" as const },
      { ...check, status: "skip" as const, found: "not run: directory target" },
    ],
  };

  it("counts, and says why something was not run", () => {
    expect(summary("h1", report)).toBe("h1: 0 ok, 1 not ok, 1 not run (directory target)");
  });

  it("is TAP with wanted, found, construct and reason", () => {
    const text = fleetText(new Map([["h1", report]]));
    expect(text).toContain(
      'not ok 1 - h1: sysctl k\n  ---\n  wanted: "1"\n  found: "2"\n  construct: "lab/h1"\n  because: "why"\n  ...\n',
    );
    expect(text).toContain("ok 2 - h1: sysctl k # SKIP not run: directory target\n");
    expect(text.endsWith("1..2\n")).toBe(true);
  });
});

it("addresses of hosts that come later are read from their plans", () => {
  const plan =
    "netloom-plan\t1\naddresses\tname=eth0\t10.0.0.1/24,fd00::1/64\nwireguard\twg0\t51820\t8920\tm.peers\twg0.1\t10.66.0.1/24\t-\nlink\tname=eth0\tmtu\t9000\n";
  expect(addressesInPlan(plan)).toEqual(["10.0.0.1", "fd00::1", "10.66.0.1"]);
});
