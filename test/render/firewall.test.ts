import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FIREWALL_SCRIPT_TEXT } from "../../lib/render/firewall";
import { renderLinux } from "../../lib/render/linux";
import { unitCommand } from "../../lib/render/unit";
import { scratchDirectory } from "../support/output";
import { itWith } from "../support/tools";
import { hostThat, WHY } from "./support";

const host = hostThat((s) => {
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
        "# 179/tcp: the test wants it (lab/node-0/F)",
        "# 4240/tcp: the test wants it (lab/node-0/F)",
        "# 51820/udp: tunnels come in here [RFC 1] (lab/node-0/F)",
        "# 8472/udp: the test wants it (lab/node-0/F)",
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
  const ufw = 'if [ "$1" = status ]; then echo "Status: active"; else echo "ufw $*" >>"$LOG"; fi';
  const firewalld = '[ "$1" = --state ] || echo "$*" >>"$LOG"';

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

  it("tells firewalld", () => {
    const machine = new Machine({ ip: ip(), "firewall-cmd": firewalld });
    const ports = ["179/tcp", "4240/tcp", "51820/udp", "8472/udp"];
    expect(machine.tell(["open", ...WORDS])).toEqual(ports.map((port) => `--add-port=${port}`));
    expect(machine.tell(["close"])).toEqual(ports.map((port) => `--remove-port=${port}`));
  });

  it("does nothing where no firewall is in force", () => {
    const machine = new Machine({ ip: "exit 1", ufw: 'echo "Status: inactive"' });
    expect(machine.tell(["open", ...WORDS])).toEqual([]);
    expect(machine.said).toEqual([0, ""]);
    expect(existsSync(machine.record)).toBe(false);
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
