import { chmodSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ScratchHost } from "./host";

const CC = "net.ipv4.tcp_congestion_control";
const PLAN = [`sysctl\t${CC}\tbbr`];
const AT = (value: string) => ({ "proc/sys": `proc/sys/${CC.replaceAll(".", "/")}`, value: `${value}\n` });
const verify = (wanted: string) => ({
  verify: {
    content: `#!/bin/sh\n. "$NETLOOM_CHECKS"\nchecks_begin host "$@"\ncheck sysctl local lab 'a \\ "why"' '${CC}' '${wanted}'\nchecks_end\n`,
  },
});

let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost({ [CC]: "cubic" });
});
afterEach(() => host.remove());

function rebooted(): void {
  host.reboot();
  const kernel = AT("cubic");
  host.write(kernel["proc/sys"], kernel.value);
  expect(host.agent("boot").code).toBe(0);
}

describe("after a reboot", () => {
  it("the checks run once everything is up, and their result is kept until the next confirmation", () => {
    host.stage("aaaaaaaa", PLAN, verify("bbr"));
    host.deploy("aaaaaaaa");
    expect(host.status().bootReport).toBe("");
    rebooted();
    expect(host.agent("live").code).toBe(0);
    expect(host.status().bootReport).toBe("ok");
    expect(JSON.parse(host.read("var/lib/netloom/boot-report"))).toMatchObject({ ok: true, phase: "local" });
    expect(host.deploy("aaaaaaaa")).toBe("confirmed aaaaaaaa");
    expect(host.status().bootReport).toBe("");
  });

  it("what did not come back is named, by the unit and by status", () => {
    host.stage("aaaaaaaa", PLAN, verify("reno"));
    host.deploy("aaaaaaaa");
    rebooted();
    const live = host.agent("live");
    expect(live.code).toBe(1);
    expect(live.stderr).toBe(`netloom agent: checks after boot: sysctl ${CC}: wanted reno, found bbr\n`);
    expect(host.status().bootReport).toBe(`sysctl ${CC}: wanted reno, found bbr`);
  });

  it("it is tried again while something else undoes it", () => {
    host.env["NETLOOM_LIVE_PAUSES"] = "0 0 0";
    host.stage("aaaaaaaa", PLAN, {
      verify: {
        content: `#!/bin/sh\necho x >>"$NETLOOM_ROOT/tries"\n. "$NETLOOM_CHECKS"\nchecks_begin host "$@"\ncheck command local lab because third - 'test $(wc -l <"$NETLOOM_ROOT/tries") -ge 3'\nchecks_end\n`,
      },
    });
    host.deploy("aaaaaaaa");
    rebooted();
    expect(host.agent("live").code).toBe(0);
    expect(host.read("tries")).toBe("x\nx\nx\n");
    expect(host.status().bootReport).toBe("ok");
  });

  it("a damaged report is not taken for a good one", () => {
    host.stage("aaaaaaaa", PLAN, verify("bbr"));
    host.deploy("aaaaaaaa");
    rebooted();
    host.agent("live");
    host.damage("var/lib/netloom/boot-report", "emptied");
    expect(host.status().bootReport).toBe("the checks said nothing that can be read");
  });

  it("a change that was under way is in the journal and in status, once", () => {
    host.stage("aaaaaaaa", PLAN);
    host.deploy("aaaaaaaa");
    host.stage("bbbbbbbb", [`sysctl\t${CC}\treno`]);
    expect(host.activate("bbbbbbbb")).toBe("activated");
    host.reboot();
    expect(host.status()).toMatchObject({ result: "lost by reboot: bbbbbbbb", pending: null, committed: "aaaaaaaa" });
    host.agent("boot");
    host.agent("live");
    expect(host.status().result).toBe("lost by reboot: bbbbbbbb");
    expect(host.read("var/lib/netloom/log").match(/ lost by reboot: .*/g)).toEqual([" lost by reboot: bbbbbbbb"]);
    host.reboot();
    host.agent("boot");
    expect(host.status().result).toBe("");
  });
});

describe("without systemd", () => {
  it("a deploy says what will not come back, until the machine's init has called the agent", () => {
    host.stage("aaaaaaaa", [...PLAN, "module\tx"], { "root/etc/x": { content: "x", install: "link" } });
    host.activate("aaaaaaaa");
    expect(host.status().warnings).toBe(
      "this host has no systemd, so after a reboot nothing of this deploy comes back by itself: file module sysctl; do: have its init run 'sh /var/lib/netloom/agent boot' before the network is configured and 'sh /var/lib/netloom/agent live' afterwards",
    );
    host.agent("revert");
    rebooted();
    host.activate("aaaaaaaa");
    expect(host.status().warnings).toBe("");
  });

  it("a deploy of nothing says nothing", () => {
    host.stage("aaaaaaaa", []);
    host.activate("aaaaaaaa");
    expect(host.status().warnings).toBe("");
  });
});

/** systemd's commands write down how they were called; transient services run at once. */
describe("with systemd", () => {
  beforeEach(() => {
    host.env["PATH"] = `${join(host.root, "bin")}:${process.env["PATH"]}`;
    host.write("run/systemd/system/.keep", "");
    script(
      "systemctl",
      'echo "$*" >>"$NETLOOM_ROOT/calls"; case $* in *is-active*) exit 3 ;; "stop slow.service") [ -e "$NETLOOM_ROOT/killed" ] ;; kill*) touch "$NETLOOM_ROOT/killed" ;; esac',
    );
    script(
      "systemd-run",
      'for w; do case $w in --unit=netloom-activate) d=1 ;; esac; done; while [ "$1" != /bin/sh ]; do shift; done; [ -z "${d:-}" ] || "$@" >/dev/null 2>&1 9>&- &',
    );
  });
  const script = (name: string, text: string) => {
    host.write(`bin/${name}`, `#!/bin/sh\n${text}\n`);
    chmodSync(join(host.root, "bin", name), 0o755);
  };
  const calls = (pattern: RegExp) =>
    host
      .read("calls")
      .split("\n")
      .filter((line) => pattern.test(line));
  const unit = (name: string) => ({
    [`root/etc/systemd/system/${name}`]: { content: "[Service]\nExecStart=/bin/true\n", install: "link" as const },
  });

  it("the boot units go after whoever else configures links", () => {
    host.stage("aaaaaaaa", PLAN);
    expect(host.deploy("aaaaaaaa")).toBe("confirmed aaaaaaaa");
    expect(host.read("etc/systemd/system/netloom.service")).toBe(
      [
        "[Unit]",
        "Description=Netloom: live",
        "DefaultDependencies=no",
        "After=network.target systemd-networkd.service NetworkManager.service networking.service dhcpcd.service sysinit.target",
        "Wants=network.target",
        "Before=shutdown.target",
        "Conflicts=shutdown.target",
        "ConditionPathExists=/var/lib/netloom/agent",
        "",
        "[Service]",
        "Type=oneshot",
        "RemainAfterExit=yes",
        "ExecStart=/bin/sh /var/lib/netloom/agent live",
        "",
        "[Install]",
        "WantedBy=multi-user.target",
        "",
      ].join("\n"),
    );
  });

  it("no unit of ours stays in systemd's lists, nor an empty directory", () => {
    const before = host.tree();
    host.stage("aaaaaaaa", [...PLAN, "unit\tx.service"], {
      ...unit("x.service"),
      "root/etc/netloom/scripts/x": { content: "x", install: "link" },
    });
    expect(host.deploy("aaaaaaaa")).toBe("confirmed aaaaaaaa");
    host.agent("withdraw", "owner", "30");
    expect(host.settled()).toBe("activated");
    host.agent("confirm", "empty");
    expect(calls(/^stop (x|netloom|netloom-boot)\.service/)).toEqual([
      "stop x.service",
      "stop netloom-boot.service",
      "stop netloom.service",
    ]);
    expect(calls(/^reset-failed/)).toEqual([
      "reset-failed x.service",
      "reset-failed netloom-boot.service",
      "reset-failed netloom.service",
    ]);
    expect(host.tree()).toBe(before);
  });

  it("a revert of the first deploy leaves neither units nor directories", () => {
    host.sh('mkdir -p "$NETLOOM_ROOT/etc/systemd/system"');
    host.stage("aaaaaaaa", ["unit\tx.service"], {
      ...unit("x.service"),
      "root/etc/netloom/scripts/x": { content: "x", install: "link" },
    });
    expect(host.activate("aaaaaaaa")).toBe("activated");
    expect(host.has("etc/netloom/scripts/x")).toBe(true);
    host.agent("revert");
    expect(host.sh('cd "$NETLOOM_ROOT"; find etc run/systemd | sort').stdout).toBe(
      "etc\netc/systemd\netc/systemd/system\nrun/systemd\nrun/systemd/system\nrun/systemd/system/.keep\n",
    );
  });

  it("a unit that does not stop in time is killed before its file goes", () => {
    host.stage("aaaaaaaa", ["unit\tslow.service"], unit("slow.service"));
    expect(host.deploy("aaaaaaaa")).toBe("confirmed aaaaaaaa");
    host.stage("bbbbbbbb", []);
    expect(host.deploy("bbbbbbbb")).toBe("confirmed bbbbbbbb");
    expect(calls(/slow/).slice(-5)).toEqual([
      "stop slow.service",
      "kill --signal=KILL slow.service",
      "stop slow.service",
      "reset-failed slow.service",
      "stop --no-block slow.service",
    ]);
  });

  it("a unit that undoes something when it stops, as the firewall's does, gets the time for it", () => {
    script("timeout", 'echo "timeout $*" >>"$NETLOOM_ROOT/calls"; shift; exec "$@"');
    host.stage("aaaaaaaa", ["unit\topen.service", "unit\tx.service"], {
      "root/etc/systemd/system/open.service": {
        content: "[Service]\nExecStart=/bin/true\nExecStop=/bin/sh close\n",
        install: "link",
      },
      ...unit("x.service"),
    });
    expect(host.deploy("aaaaaaaa")).toBe("confirmed aaaaaaaa");
    host.stage("bbbbbbbb", []);
    expect(host.deploy("bbbbbbbb")).toBe("confirmed bbbbbbbb");
    expect(calls(/^timeout .*stop/)).toEqual([
      "timeout 120 systemctl stop open.service",
      "timeout 20 systemctl stop x.service",
    ]);
  });
});
