import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FIREWALL_SCRIPT_TEXT } from "../../lib/render/firewall";
import { renderLinux } from "../../lib/render/linux";
import { unitCommand } from "../../lib/render/unit";
import { scratchDirectory } from "../support/output";
import { itWith, ROOT } from "../support/tools";
import { hostThat, WHY } from "./support";

const host = hostThat((s) => {
  s.address("exp0", "10.10.1.1/24", WHY);
  s.openPort(
    { protocol: "udp", port: 51820, interface: "exp0" },
    { because: "tunnels\ncome in here", source: "RFC 1" },
  );
  s.openPort({ protocol: "tcp", port: 179, interface: "exp1" }, WHY);
  s.openPort({ protocol: "tcp", port: 4240 }, WHY);
  s.openPort({ protocol: "udp", port: 8472, interface: "wg0" }, WHY);
});
const WORDS = ["179/tcp@name=enp1s0", "4240/tcp", "51820/udp@mac=02:00:00:00:00:01", "8472/udp@name=wg0"];

describe("the firewall unit", () => {
  it("names every port by the permanent address of its device, and says why it is open", () => {
    expect(renderLinux(host).get("root/etc/systemd/system/netloom-firewall.service")?.content).toBe(
      [
        "# 179/tcp on exp1: the test wants it (lab/node-0/F)",
        "# 4240/tcp: the test wants it (lab/node-0/F)",
        "# 51820/udp on exp0 10.10.1.1/24: tunnels come in here [RFC 1] (lab/node-0/F)",
        "# 8472/udp on wg0: the test wants it (lab/node-0/F)",
        "[Unit]",
        "Description=Let Netloom's traffic through the firewall, if there is one",
        "After=ufw.service firewalld.service",
        "",
        "[Service]",
        "Type=oneshot",
        "RemainAfterExit=yes",
        `ExecStart=/bin/sh /etc/netloom/scripts/firewall open ${WORDS.join(" ")}`,
        "ExecStop=/bin/sh /etc/netloom/scripts/firewall close",
        "",
        "[Install]",
        "WantedBy=multi-user.target",
        "",
      ].join("\n"),
    );
  });

  it("escapes what systemd would read as something else", () => {
    expect(unitCommand("/bin/sh", "a.b", "100%", "$HOME", "a b", 'say "no"', "\\", "it's", "a\nb", ";", "")).toBe(
      '/bin/sh a.b 100%% $$HOME "a b" "say \\"no\\"" "\\\\" "it\'s" "a\\x0ab" ";" ""',
    );
    expect(() => unitCommand("/bin/sh", "a\0b")).toThrow("NL-NUL");
  });
});

describe("the firewall script", () => {
  /** A machine with a firewall that writes down what it is told, and a network of two ports. */
  class Machine {
    readonly root = scratchDirectory();
    readonly log = join(this.root, "log");
    readonly record = join(this.root, "var/lib/netloom/opened-ports");

    constructor(programs: Readonly<Record<string, string>>) {
      mkdirSync(join(this.root, "var/lib/netloom"), { recursive: true });
      for (const [name, text] of Object.entries(programs)) this.program(name, text);
    }

    program(name: string, text: string): void {
      writeFileSync(join(this.root, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(this.root, name), 0o755);
    }

    /** Runs the script and returns what the firewall was told. */
    tell(words: readonly string[], shell: readonly string[] = ["sh"]): string[] {
      rmSync(this.log, { force: true });
      const [program, ...more] = shell;
      const { stderr, status } = spawnSync(program!, [...more, "-s", ...words], {
        input: FIREWALL_SCRIPT_TEXT,
        env: { PATH: `${this.root}:/usr/bin:/bin`, LOG: this.log, NETLOOM_ROOT: this.root },
        encoding: "utf8",
      });
      this.said = [status, stderr];
      return existsSync(this.log) ? readFileSync(this.log, "utf8").trim().split("\n") : [];
    }

    said: readonly [number | null, string] = [0, ""];
  }

  const ip = (name = "ens5") => `cat <<'END'
2: ${name}.7@${name}: <UP> mtu 1500 \\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0 \\    vlan protocol 802.1Q id 7
3: ${name}: <UP> mtu 1500 \\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0
4: bond0: <UP> mtu 1500 \\    link/ether 02:00:00:00:00:09 brd ff:ff:ff:ff:ff:ff \\    bond mode 802.3ad
END`;
  const ufwThatHas = (rule = "") =>
    `case $1 in status) echo "Status: active" ;; show) echo "${rule}" ;; *) echo "ufw $*" >>"$LOG" ;; esac`;
  const ufw = ufwThatHas();

  it("tells ufw the device that has the port's permanent address, not the id of the port", () => {
    const machine = new Machine({ ip: ip(), ufw });
    expect(machine.tell(["open", ...WORDS])).toEqual([
      "ufw allow in on enp1s0 to any port 179 proto tcp",
      "ufw allow 4240/tcp",
      "ufw allow in on ens5 to any port 51820 proto udp",
      "ufw allow in on wg0 to any port 8472 proto udp",
    ]);
    expect(machine.said).toEqual([0, ""]);
  });

  it("closes what it opened, by the name that the device had then", () => {
    const machine = new Machine({ ip: ip(), ufw });
    machine.tell(["open", ...WORDS]);
    machine.program("ip", ip("renamed0"));
    expect(machine.tell(["close"])).toEqual([
      "ufw delete allow in on enp1s0 to any port 179 proto tcp",
      "ufw delete allow 4240/tcp",
      "ufw delete allow in on ens5 to any port 51820 proto udp",
      "ufw delete allow in on wg0 to any port 8472 proto udp",
    ]);
    expect(existsSync(machine.record)).toBe(false);
    expect(machine.tell(["close"])).toEqual([]);
    expect(machine.said).toEqual([0, ""]);
  });

  it("closes what another generation opened and this one does not", () => {
    const machine = new Machine({ ip: ip(), ufw });
    machine.tell(["open", "4240/tcp", "51820/udp@mac=02:00:00:00:00:01"]);
    expect(machine.tell(["open", "51820/udp@mac=02:00:00:00:00:01", "424/tcp"])).toEqual([
      "ufw delete allow 4240/tcp",
      "ufw allow in on ens5 to any port 51820 proto udp",
      "ufw allow 424/tcp",
    ]);
  });

  it("finds a member of a bond by its permanent address", () => {
    const bonded = `cat <<'END'
3: ens5: <UP> mtu 1500 \\    link/ether 02:00:00:00:00:09 brd ff:ff:ff:ff:ff:ff permaddr 02:00:00:00:00:01 promiscuity 0
4: ens6: <UP> mtu 1500 \\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff permaddr 02:00:00:00:00:02 promiscuity 0
END`;
    const machine = new Machine({ ip: bonded, ufw });
    expect(machine.tell(["open", WORDS[2]!])).toEqual(["ufw allow in on ens5 to any port 51820 proto udp"]);
  });

  it("opens the other ports, and fails, when a device is not there", () => {
    const machine = new Machine({ ip: ip(), ufw });
    expect(machine.tell(["open", "1/udp@mac=02:00:00:00:00:77", "2/udp"])).toEqual(["ufw allow 2/udp"]);
    expect(machine.said).toEqual([1, "no device has the address 02:00:00:00:00:77\n"]);
  });

  it("leaves a rule alone that the host had before", () => {
    const machine = new Machine({ ip: ip(), ufw: ufwThatHas("ufw allow 4240/tcp") });
    expect(machine.tell(["open", "4240/tcp", "2/udp"])).toEqual(["ufw allow 2/udp"]);
    expect(machine.tell(["close"])).toEqual(["ufw delete allow 2/udp"]);
  });

  it("removes what the first version of the script opened and wrote down in one line", () => {
    const machine = new Machine({ ip: ip(), ufw });
    writeFileSync(machine.record, " 179/tcp@name=enp1s0 4240/tcp\n");
    expect(machine.tell(["open", "2/udp"])).toEqual([
      "ufw delete allow in on enp1s0 to any port 179 proto tcp",
      "ufw delete allow 4240/tcp",
      "ufw allow 2/udp",
    ]);
    writeFileSync(machine.record, " 4240/tcp\n");
    expect(machine.tell(["close"])).toEqual(["ufw delete allow 4240/tcp"]);
    expect(existsSync(machine.record)).toBe(false);
  });

  it("says which rule the firewall in force lacks", () => {
    const machine = new Machine({ ip: ip(), ufw: ufwThatHas("ufw allow 4240/tcp") });
    machine.tell(["check", "4240/tcp"]);
    expect(machine.said).toEqual([0, ""]);
    machine.tell(["check", "4240/tcp", "51820/udp@mac=02:00:00:00:00:01"]);
    expect(machine.said).toEqual([1, "no rule: ufw allow in on ens5 to any port 51820 proto udp\n"]);
  });

  it("does nothing where no firewall is in force", () => {
    const machine = new Machine({ ip: "exit 1", ufw: 'echo "Status: inactive"' });
    expect(machine.tell(["open", ...WORDS])).toEqual([]);
    expect(machine.said).toEqual([0, ""]);
    expect(existsSync(machine.record)).toBe(false);
  });

  describe("with a firewalld that is too busy to answer", () => {
    /** firewall-cmd that ends with `status` the first `times` times it is given `word`. */
    const busy = (word: string, times: number, status = 254) =>
      new Machine({
        ip: ip(),
        sleep: "",
        "firewall-cmd": `case "$*" in *${word}*) echo x >>"$LOG.asked"
          [ $(wc -l <"$LOG.asked") -gt ${times} ] || { echo "Error: Did not receive a reply" >&2; exit ${status}; } ;; esac
        case $1 in --get-default-zone) echo public ;; --list-all-zones) printf 'public (active)\n  target: default\n' ;; -q) echo "$*" >>"$LOG" ;; esac`,
      });

    it.each(["--state", "--get-default-zone", "--list-all-zones", "--add-port"])("%s is asked again", (word) => {
      const machine = busy(word, 3);
      expect(machine.tell(["open", "4240/tcp"])).toEqual(["-q --zone=public --add-port=4240/tcp"]);
      expect(machine.said[0]).toBe(0);
    });

    it("it is not taken for no firewall, and not asked for ever", () => {
      const machine = busy("--state", 99);
      expect(machine.tell(["open", "4240/tcp"])).toEqual([]);
      expect(machine.said).toEqual([1, "firewalld does not answer: systemctl status firewalld\n"]);
    });

    it("but one that does not run is not asked again", () => {
      const machine = busy("--state", 99, 252);
      expect(machine.tell(["open", "4240/tcp"])).toEqual([]);
      expect(machine.said).toEqual([0, ""]);
    });
  });

  describe("with the real firewalld", () => {
    const NEEDS = ["firewalld", "dbus-daemon", "unshare", "ip", "nft", ROOT];
    /** Runs `script` beside a firewalld of its own, on a machine with a control port `ctl` and a port `exp`, both in zone public. */
    const beside = (script: string): string[] => {
      const root = scratchDirectory();
      writeFileSync(join(root, "firewall"), FIREWALL_SCRIPT_TEXT);
      writeFileSync(
        join(root, "script"),
        `set -u
        mount -t tmpfs run /run && mount -t tmpfs etc /etc/firewalld && mkdir -p /run/dbus /run/firewalld "$NETLOOM_ROOT/var/lib/netloom"
        ip link set lo up
        for port in ctl exp; do ip link add $port type veth peer name far-$port; ip link set $port up; ip link set far-$port up; done
        ip addr add 192.0.2.1/24 dev ctl; ip addr add 10.10.1.3/24 dev exp; ip -6 addr flush dev exp; ip addr add fd00:10::3/64 dev exp nodad
        dbus-daemon --system --fork --nopidfile
        firewalld --nofork --nopid >"$NETLOOM_ROOT/firewalld.log" 2>&1 &
        firewalld=$!
        tries=0
        until firewall-cmd --state >/dev/null 2>&1 || [ $tries -gt 100 ]; do tries=$((tries + 1)); sleep 0.2; done
        firewall-cmd -q --zone=public --change-interface=ctl
        firewall() { sh "$NETLOOM_ROOT/firewall" "$@" 2>&1 || echo "status $?"; }
        ports() { firewall-cmd --zone=\${1:-public} --list-ports; firewall-cmd --zone=\${1:-public} --list-rich-rules | sort; }
        guard() { nft list table inet netloom-ports 2>/dev/null | grep dport | sed 's/^[\t ]*//'; }
        ${script}
        kill $firewalld; kill "$(pidof dbus-daemon)"`,
      );
      const { stdout, stderr } = spawnSync(
        "unshare",
        ["--mount", "--net", "--pid", "--fork", "--mount-proc", "sh", join(root, "script")],
        {
          env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", NETLOOM_ROOT: root },
          encoding: "utf8",
        },
      );
      expect(stderr).toBe("");
      return stdout.trim().split("\n");
    };
    const rich = (family: string, address: string) =>
      `rule family="${family}" destination address="${address}" port port="873" protocol="tcp" accept`;
    const drop = (family: string, address: string) =>
      `${family} daddr ${address} tcp dport 873 iifname != { "lo", "exp" } drop`;

    itWith(
      NEEDS,
      "keeps a port to its interface, in the interface's zone, and leaves alone what the host opened itself",
      () => {
        const steps = beside(`
          say() { echo "# $*"; }
          say one interface; firewall open 873/tcp@name=exp; ports; guard; firewall check 873/tcp@name=exp
          say closed; firewall close; ports; guard
          say older record; firewall-cmd -q --add-port=873/tcp
          echo ' 873/tcp@name=exp' >"$NETLOOM_ROOT/var/lib/netloom/opened-ports"
          firewall check 873/tcp@name=exp; firewall open 873/tcp@name=exp; ports
          say another zone; firewall-cmd -q --zone=internal --change-interface=exp; firewall-cmd -q --zone=public --add-port=4240/tcp
          firewall open 873/tcp@name=exp 179/tcp 4240/tcp; ports; ports internal
          say closed; firewall close; ports; ports internal
          say no address; ip link add bare type veth; firewall open 873/tcp@name=bare 179/tcp; ports; ports internal`);
        const opened = [rich("ipv4", "10.10.1.3"), rich("ipv6", "fd00:10::3")];
        expect(steps.filter((line) => line !== "")).toEqual([
          "# one interface",
          ...opened,
          drop("ip", "10.10.1.3"),
          drop("ip6", "fd00:10::3"),
          "open",
          "# closed",
          "# older record",
          "the ports were opened by an older version: systemctl restart netloom-firewall",
          "status 1",
          ...opened,
          "# another zone",
          "179/tcp 4240/tcp",
          "179/tcp 4240/tcp",
          ...opened,
          "# closed",
          "4240/tcp",
          "# no address",
          "bare has no address yet, and firewalld cannot open 873/tcp for one interface without it",
          "status 1",
          "179/tcp 4240/tcp",
          "179/tcp",
        ]);
      },
      300_000,
    );
  });

  for (const shell of ["dash", "busybox"]) {
    itWith([shell], `means the same to ${shell}`, () => {
      const machine = new Machine({ ip: ip(), ufw });
      const words = shell === "busybox" ? ["busybox", "sh"] : [shell];
      expect(machine.tell(["open", ...WORDS], words)).toHaveLength(4);
      expect(machine.tell(["close"], words)).toHaveLength(4);
    });
  }

  itWith(["shellcheck"], "has nothing that shellcheck would say", () => {
    const { stdout } = spawnSync("shellcheck", ["--shell=sh", "-"], { input: FIREWALL_SCRIPT_TEXT, encoding: "utf8" });
    expect(stdout).toBe("");
  });
});
