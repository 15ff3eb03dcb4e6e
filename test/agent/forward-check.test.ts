import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { shipped } from "../../lib/agent/shipped";
import type { VerifyResult } from "../../lib/contract";
import { itWith, ROOT } from "../support/tools";

const root = mkdtempSync(join(tmpdir(), "netloom-forward-"));
writeFileSync(join(root, "checks.sh"), shipped()["checks.sh"]);

/** What the check of forwarding finds in a network of its own with these nftables tables and programs. */
function found(ruleset: string, families = "4,6", programs: Readonly<Record<string, string>> = {}) {
  const bin = mkdtempSync(join(root, "bin-"));
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  mkdirSync(join(bin, "proc"));
  const verify = `nft -f - <<'X' && . "${root}/checks.sh"\n${ruleset}\nX\nchecks_begin h --json\ncheck forward pair c b wg0 ${families}\nchecks_end\n`;
  const { stdout, stderr } = spawnSync("unshare", ["--net", "sh", "-c", verify], {
    env: { ...process.env, PATH: `${bin}:${process.env["PATH"]}:/usr/sbin`, NETLOOM_PROC: join(bin, "proc") },
    encoding: "utf8",
  });
  if (stdout === "") throw new Error(stderr);
  return (JSON.parse(stdout) as VerifyResult).checks[0]!;
}

const NEEDS = ["unshare", "nft", ROOT];
const DROP = (family: string, rules = "") => `table ${family} filter {
  chain USER {
    ${rules}
  }
  chain FORWARD {
    type filter hook forward priority 0; policy drop;
    jump USER
  }
}`;
const END_REJECT = (table: string) => `table inet ${table} {
  chain pass {
    type filter hook forward priority 10; policy accept;
    ct state established accept
    reject
  }
}`;
const OK = "no chain drops them by default without a rule that names the device";

itWith(NEEDS, "a chain that drops forwarded packets by default is named, with rules that let them pass", () => {
  const first = found(DROP("ip"));
  expect(first).toMatchObject({
    status: "fail",
    found:
      "chain FORWARD of nftables table ip filter drops forwarded packets, and no rule names wg0. do: nft insert rule ip filter FORWARD iifname wg0 accept; nft insert rule ip filter FORWARD oifname wg0 accept, there and where these rules are kept",
  });
  // What it says to do, done.
  const fix = /do: (.*), there/.exec(first.found)![1]!.replaceAll("; nft", "\n").replace(/^nft /, "");
  expect(found(`${DROP("ip")}\n${fix}`)).toMatchObject({ status: "ok", found: OK });
});

itWith(NEEDS, "so is one that ends with a reject, as firewalld's does", () => {
  const ruleset = END_REJECT("own");
  expect(found(ruleset)).toMatchObject({ status: "fail", found: expect.stringContaining("inet own") as string });
});

itWith(NEEDS, "a rule for the device opens it, wherever in the table it stands, also by a pattern", () => {
  expect(found(DROP("inet", 'iifname "wg0" accept'))).toMatchObject({ status: "ok", found: OK });
  expect(found(DROP("inet", 'iifname "wg*" accept'))).toMatchObject({ status: "ok" });
  expect(found(DROP("inet", 'iifname "wg1" accept')).status).toBe("fail");
});

itWith(NEEDS, "families that are not passed on, other hooks, and no rules at all are not in the way", () => {
  expect(found(DROP("ip6"), "4").status).toBe("ok");
  expect(found(DROP("ip6"), "6").status).toBe("fail");
  expect(found("table inet a {\nchain i {\ntype filter hook input priority 0; policy drop;\n}\n}").status).toBe("ok");
  expect(found("")).toMatchObject({ status: "ok", found: OK });
});

const FIREWALLD = END_REJECT("firewalld");
const firewalld = (answers: string) => ({
  "firewall-cmd": `case "$*" in --get-zone-of-interface*) exit 2 ;; --get-default-zone) echo public ;; ${answers} *) exit 1 ;; esac`,
});

itWith(NEEDS, "firewalld is asked whether the device's zone may be passed through", () => {
  expect(found(FIREWALLD, "4", firewalld(""))).toMatchObject({
    status: "fail",
    found: expect.stringMatching(
      /^firewalld lets nothing of zone public, which wg0 is in, pass through\. do: firewall-cmd --permanent --zone=public --add-forward /,
    ) as string,
  });
  expect(found(FIREWALLD, "4", firewalld("'--zone=public --query-forward') ;;"))).toMatchObject({
    status: "ok",
    found: "firewalld lets them pass",
  });
  const policy = "printf 'own (active)\\n  target: ACCEPT\\n  ingress-zones: public\\n  egress-zones: ANY\\n'";
  expect(found(FIREWALLD, "4", firewalld(`--list-all-policies) ${policy} ;;`)).status).toBe("ok");
});
