import fc from "fast-check";
import { hosts, saying } from "./hosts";
import { line, text, word } from "./input";
import { ask, askApart, differs, inRounds, put } from "./reader";
import type { Target } from "./target";

const sysctlTarget: Target<{ readonly value: string; readonly because: string }, string> = {
  name: "sysctl.d, read by sysctl(8)",
  tools: ["sysctl"],
  batch: 500,
  input: fc.record({ value: line, because: text }),
  write: hosts(({ value, because }) => ({
    build: saying((host) => host.sysctl("kernel.domainname", value, { because, source: "s" })),
    file: "root/etc/sysctl.d/60-netloom.conf",
  })),
  read(written, directory) {
    // A key that stands between what was read of two files.
    const end = put(directory, "end", "kernel.hostname = end\n");
    const places = written.flatMap(({ output }, i) => [put(directory, `s${i}`, output), end]);
    const answers = ask("sysctl", ["--dry-run", "-p", ...places]).split("kernel.hostname = end\n");
    return written.map(({ input }, i) => {
      const lines = answers[i]!.split("\n").filter((found) => found !== "");
      return differs(lines, [`kernel.domainname = ${input.value.replace(/ +/g, " ").trim()}`]);
    });
  },
};

interface ModuleOption {
  readonly module: string;
  readonly parameter: string;
  readonly value: string;
  readonly because: string;
}

/** kmod takes dashes and underscores in the names of modules for the same. */
const kmodName = (name: string) => name.replaceAll("-", "_");

const modprobeTarget: Target<ModuleOption, string> = {
  name: "modprobe.d, read by modprobe(8)",
  tools: ["modprobe"],
  batch: 500,
  input: fc.record({ module: word, parameter: word, value: word, because: text }),
  write: hosts(({ module, parameter, value, because }) => ({
    build: saying((host) => host.moduleOption(module, parameter, value, { because })),
    file: "root/etc/modprobe.d/netloom.conf",
  })),
  read: (written, directory) =>
    inRounds(
      written,
      ({ input }) => [kmodName(input.module)],
      (round) => {
        put(directory, "modprobe.conf", round.map(({ output }) => output).join("\n"));
        const said = ask("modprobe", ["-C", `${directory}/modprobe.conf`, "--showconfig"]).split("\n");
        return round.map(({ input: { module, parameter, value } }) => {
          const prefix = `options ${kmodName(module)} `;
          const found = said.filter((one) => one.startsWith(prefix));
          return differs(found, [`${prefix}${parameter}=${value}`]);
        });
      },
    ),
};

const modulesLoadTarget: Target<{ readonly module: string; readonly because: string }, string> = {
  name: "modules-load.d, read by systemd-modules-load",
  tools: ["/lib/systemd/systemd-modules-load", "setpriv"],
  needsRoot: true,
  batch: 500,
  input: fc.record({ module: word, because: text }),
  write: hosts(({ module, because }) => ({
    build: saying((host) => host.module(module, { because })),
    file: "root/etc/modules-load.d/netloom.conf",
  })),
  read(written, directory) {
    const places = written.map(({ output }, i) => put(directory, `m${i}`, output));
    const env = { SYSTEMD_LOG_LEVEL: "debug", SYSTEMD_LOG_TARGET: "console" };
    // Without the right to load modules: only the names are of interest.
    const said = ask("setpriv", ["--bounding-set", "-sys_module", this.tools[0]!, ...places], "", env);
    const loaded = said.split(/^apply: .*\n/m).slice(1);
    if (loaded.length !== written.length) throw new Error(said.slice(0, 500));
    return written.map(({ input }, i) => {
      const names = [...loaded[i]!.matchAll(/^Loading module: (.*)$/gm)].map(([, name]) => name);
      return differs(names, [input.module]);
    });
  },
};

interface Rule {
  readonly value: string;
  readonly because: string;
}

const udevTarget: Target<Rule, string> = {
  name: "udev rules, read by udevadm test",
  tools: ["udevadm", "unshare"],
  needsRoot: true,
  batch: 200,
  // Quotes, backslashes and substitutions are the rule's own syntax, which Netloom hands on as it is.
  input: fc.record({ value: line.map((value) => value.replace(/["\\$%]/g, "") || "x"), because: text }),
  write: hosts(({ value, because }) => ({
    build: saying((host) => host.udevRule("fuzz", `SUBSYSTEM=="net", ENV{F@}="${value}"`, { because })),
    file: "root/etc/udev/rules.d/60-netloom.rules",
  })),
  read(written, directory) {
    written.forEach(({ output }, i) => {
      put(directory, `rules/${String(i).padStart(4, "0")}.rules`, output.replaceAll("ENV{F@}", `ENV{FUZZ_${i}}`));
    });
    const said = askApart(
      'mkdir -p /run/udev && mount -t tmpfs none /run/udev && mount --bind "$1/rules" /etc/udev/rules.d && udevadm test /sys/class/net/lo 2>&1',
      directory,
    );
    const values = new Map([...said.matchAll(/^FUZZ_(\d+)=(.*)$/gm)].map(([, i, value]) => [Number(i), value!]));
    return written.map(({ input }, i) => differs(values.get(i), input.value));
  },
};

export const LINUX_TARGETS = [sysctlTarget, modprobeTarget, modulesLoadTarget, udevTarget];
