import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Platform } from "../../lib";
import { FORWARDING_SCRIPT_TEXT } from "../../lib/render/forwarding";
import { renderLinux } from "../../lib/render/linux";
import { renderNixos } from "../../lib/render/nixos";
import { renderPlan } from "../../lib/render/plan";
import { scratchDirectory } from "../support/output";
import { itWith } from "../support/tools";
import { hostThat, WHY } from "./support";

const host = hostThat((s) => {
  s.forward({ device: "wg0" }, { because: "it is a hub", source: "RFC 1" });
  s.forward({ device: "wg0", network: "192.168.7.0/24" }, WHY);
  s.forward({ device: "wg0", network: "fd00:7::/64" }, WHY);
});

it("the unit says what may pass, and why", () => {
  expect(renderLinux(host).get("root/etc/systemd/system/netloom-forwarding.service")?.content).toBe(
    [
      "# wg0=192.168.7.0/24: the test wants it (lab/node-0/F)",
      "# wg0=fd00:7::/64: the test wants it (lab/node-0/F)",
      "# wg0: it is a hub [RFC 1] (lab/node-0/F)",
      "[Unit]",
      "Description=Let packets that Netloom forwards through the firewall, if there is one",
      "After=ufw.service firewalld.service docker.service",
      "",
      "[Service]",
      "Type=oneshot",
      "RemainAfterExit=yes",
      "ExecStart=/bin/sh /etc/netloom/scripts/forwarding open wg0=192.168.7.0/24 wg0=fd00:7::/64 wg0",
      "ExecStop=/bin/sh /etc/netloom/scripts/forwarding close",
      "",
      "[Install]",
      "WantedBy=multi-user.target",
      "",
    ].join("\n"),
  );
  expect(renderPlan(host)).toContain("unit\tnetloom-forwarding.service\n");
});

describe("the script", () => {
  const LOG = '[ "$1" = -w ] && shift; ';
  const UFW = `case "$1 $2" in "status ") echo "Status: active" ;; "show added") cat "$LOG.had" 2>/dev/null ;; *) echo "ufw $*" >>"$LOG" ;; esac`;
  const iptables = (name: string) =>
    `${LOG}case $1 in -n) exit 0 ;; -C) exit 1 ;; *) echo "${name} $*" >>"$LOG" ;; esac`;

  /** A machine with firewalls that write down what they are told. */
  function machine(programs: Readonly<Record<string, string>>) {
    const root = scratchDirectory();
    mkdirSync(join(root, "var/lib/netloom"), { recursive: true });
    for (const [name, text] of Object.entries(programs)) {
      writeFileSync(join(root, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(root, name), 0o755);
    }
    const log = join(root, "log");
    return {
      root,
      tell(words: readonly string[], shell: readonly string[] = ["sh"]): string[] {
        rmSync(log, { force: true });
        const { stderr, status } = spawnSync(shell[0]!, [...shell.slice(1), "-s", ...words], {
          input: FORWARDING_SCRIPT_TEXT,
          env: { PATH: `${root}:/usr/bin:/bin`, LOG: log, NETLOOM_ROOT: root },
          encoding: "utf8",
        });
        expect(stderr).toBe("");
        expect(status).toBe(0);
        return existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
      },
    };
  }

  for (const shell of [["dash"], ["busybox", "sh"]]) {
    itWith(shell.slice(0, 1), `tells ufw what may pass, and takes back what is no longer named (${shell[0]})`, () => {
      const { tell } = machine({ ufw: UFW });
      expect(tell(["open", "wg0", "wg0=192.168.7.0/24"], shell)).toEqual([
        "ufw route allow in on wg0 out on wg0",
        "ufw route allow in on wg0 to 192.168.7.0/24",
        "ufw route allow out on wg0 from 192.168.7.0/24",
      ]);
      expect(tell(["open", "wg0=fd00:7::/64"], shell)).toEqual([
        "ufw route delete allow in on wg0 out on wg0",
        "ufw route delete allow in on wg0 to 192.168.7.0/24",
        "ufw route delete allow out on wg0 from 192.168.7.0/24",
        "ufw route allow in on wg0 to fd00:7::/64",
        "ufw route allow out on wg0 from fd00:7::/64",
      ]);
      expect(tell(["close"], shell)).toEqual([
        "ufw route delete allow in on wg0 to fd00:7::/64",
        "ufw route delete allow out on wg0 from fd00:7::/64",
      ]);
      expect(tell(["close"], shell)).toEqual([]);
    });
  }

  it("leaves a rule that the host had before", () => {
    const { tell, root } = machine({ ufw: UFW });
    writeFileSync(join(root, "log.had"), "ufw route allow in on wg0 out on wg0\n");
    expect(tell(["open", "wg0"])).toEqual([]);
    expect(tell(["close"])).toEqual([]);
  });

  it("uses Docker's chain for users, in the family of the network", () => {
    const { tell } = machine({ iptables: iptables("iptables"), ip6tables: iptables("ip6tables") });
    const suffix = "-m comment --comment netloom -j ACCEPT";
    expect(tell(["open", "wg0", "wg0=192.168.7.0/24", "wg0=fd00:7::/64"])).toEqual([
      `iptables -I DOCKER-USER -i wg0 -o wg0 ${suffix}`,
      `ip6tables -I DOCKER-USER -i wg0 -o wg0 ${suffix}`,
      `iptables -I DOCKER-USER -i wg0 -d 192.168.7.0/24 ${suffix}`,
      `iptables -I DOCKER-USER -o wg0 -s 192.168.7.0/24 ${suffix}`,
      `ip6tables -I DOCKER-USER -i wg0 -d fd00:7::/64 ${suffix}`,
      `ip6tables -I DOCKER-USER -o wg0 -s fd00:7::/64 ${suffix}`,
    ]);
    expect(tell(["open", "wg0"])).toContain(`iptables -D DOCKER-USER -i wg0 -d 192.168.7.0/24 ${suffix}`);
    expect(tell(["close"])).toEqual([
      `iptables -D DOCKER-USER -i wg0 -o wg0 ${suffix}`,
      `ip6tables -D DOCKER-USER -i wg0 -o wg0 ${suffix}`,
    ]);
  });

  it("does nothing where neither is in force", () => {
    const { tell } = machine({ ufw: 'echo "Status: inactive"' });
    expect(tell(["open", "wg0"])).toEqual([]);
  });
});

it("NixOS gets the rules for a firewall that filters forwarded packets", () => {
  const nixos = hostThat(
    (s) => {
      s.forward({ device: "wg0" }, WHY);
      s.forward({ device: "wg0", network: "192.168.7.0/24" }, WHY);
    },
    { platform: Platform.nixos() },
  );
  const text = renderNixos(nixos, "24.11");
  expect(text).toContain('iifname "wg0" ip daddr 192.168.7.0/24 accept');
  expect(text).toContain('oifname "wg0" ip saddr 192.168.7.0/24 accept');
  expect(text).toContain('iifname "wg0" oifname "wg0" accept');
});
