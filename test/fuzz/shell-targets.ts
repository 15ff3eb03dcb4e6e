import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { Check } from "../../lib";
import { TOOL_PATH } from "../support/installed";
import { interfaceAddress, line, network, text, word } from "./input";
import { differs, filesOf, put, type Target } from "./target";

const BIG = 1 << 30;

/** Stands between answers; no input holds it. */
export const END = "=end-of-one-answer=";

/** Runs a program; its answer is text. */
export function ask(program: string, args: readonly string[], input = "", env: NodeJS.ProcessEnv = {}): string {
  const ran = spawnSync(program, [...args], {
    input,
    encoding: "utf8",
    maxBuffer: BIG,
    env: { ...process.env, PATH: TOOL_PATH, ...env },
  });
  if (ran.error !== undefined) throw ran.error;
  return `${ran.stdout}${ran.stderr}`;
}

interface CommandCheck {
  readonly title: string;
  readonly run: string;
  readonly because: string;
}

/** Prints what a verify script hands to `check`, each word ended by a NUL byte and each call by an empty line. */
const TELLING = `checks_begin() { :; }
check() { [ "$1" != command ] || printf '%s\\0' "$@"; }
checks_end() { printf '${END}\\0'; }
`;

const verifyTarget = (shell: readonly string[]): Target<CommandCheck, string> => ({
  name: `verify, read by ${shell.join(" ")}`,
  tools: [shell[0]!],
  batch: 500,
  input: fc.record({ title: text, run: text, because: text }),
  write: ({ title, run, because }) =>
    filesOf((host) => host.check(Check.command({ title, run }), { because, source: "x" }))?.get("hosts/n/verify"),
  read(written, directory) {
    put(directory, "checks", TELLING);
    written.forEach(({ output }, i) => {
      put(directory, `v${i}`, output);
    });
    const loop = `i=0; while [ $i -lt ${written.length} ]; do NETLOOM_CHECKS=$1/checks ${shell.join(" ")} "$1/v$i" || printf 'failed\\0${END}\\0'; i=$((i+1)); done`;
    const answers = ask("sh", ["-c", loop, "sh", directory]).split(`${END}\0`).slice(0, -1);
    return written.map(({ input }, i) => {
      const words = (answers[i] ?? "").split("\0").slice(0, -1);
      return differs([words[4], words[5], words[6]], [input.title, "-", input.run]);
    });
  },
});

interface Setting {
  readonly key: string;
  readonly value: string;
}

const setting: fc.Arbitrary<Setting> = fc.record({
  key: fc.oneof(
    word.map((name) => `net.core.${name}`),
    word.map((name) => `net.ipv4.conf.eth0/${name}.rp_filter`),
  ),
  value: line,
});

const planTarget: Target<Setting, string> = {
  name: "plan, read by the shell of the agent",
  tools: [],
  batch: 500,
  input: setting,
  write: ({ key, value }) =>
    filesOf((host) => host.sysctl(key, value, { because: "b", source: "s" }))?.get("hosts/n/plan"),
  read(written, directory) {
    written.forEach(({ output }, i) => {
      put(directory, `p${i}`, output);
    });
    const loop = `TAB=$(printf '\\t'); i=0; while [ $i -lt ${written.length} ]; do
      while IFS=$TAB read -r kind key value rest; do [ "$kind" != sysctl ] || printf '%s\\0%s\\0%s\\0' "$key" "$value" "$rest"; done <"$1/p$i"
      printf '${END}\\0'; i=$((i+1)); done`;
    const answers = ask("sh", ["-c", loop, "sh", directory]).split(`${END}\0`);
    return written.map(({ input }, i) => {
      const words = answers[i]!.split("\0").slice(0, -1);
      const at = words.findIndex((value, n) => n % 3 === 0 && value === input.key);
      if (at === -1) return `no line for ${input.key}: ${JSON.stringify(words)}`;
      return differs([words[at + 1], words[at + 2]], [input.value.replace(/ +/g, " ").trim(), ""]);
    });
  },
};

const sysctlTarget: Target<{ readonly value: string; readonly because: string }, string> = {
  name: "sysctl.d, read by sysctl(8)",
  tools: ["sysctl"],
  batch: 500,
  input: fc.record({ value: line, because: text }),
  write: ({ value, because }) =>
    filesOf((host) => host.sysctl("kernel.domainname", value, { because, source: "s" }))?.get(
      "hosts/n/root/etc/sysctl.d/60-netloom.conf",
    ),
  read(written, directory) {
    written.forEach(({ output }, i) => {
      put(directory, `s${i}`, output);
    });
    const loop = `i=0; while [ $i -lt ${written.length} ]; do sysctl --dry-run -p "$1/s$i" 2>&1; printf '${END}\\n'; i=$((i+1)); done`;
    const answers = ask("sh", ["-c", loop, "sh", directory]).split(`${END}\n`);
    return written.map(({ input }, i) => {
      const lines = answers[i]!.split("\n").filter((found) => found !== "");
      return differs(lines, [`kernel.domainname = ${input.value.replace(/ +/g, " ").trim()}`]);
    });
  },
};

interface Route {
  readonly to: string;
  readonly address: string;
  readonly because: string;
}

const NETWORKD = "/lib/systemd/systemd-networkd";

const networkdTarget: Target<Route, string> = {
  name: ".network, read by systemd-networkd",
  tools: ["unshare", NETWORKD],
  needsRoot: true,
  batch: 400,
  input: fc.record({ to: network, address: interfaceAddress, because: text }),
  write: ({ to, address, because }) =>
    filesOf((host) => host.route("exp0", { to }, { because, source: "s" }), {
      interfaces: [{ id: "exp0", mac: "02:00:00:00:00:01", addresses: [address] }],
    })?.get("hosts/n/root/etc/systemd/network/10-netloom-exp0.network"),
  read(written, directory) {
    written.forEach(({ output }, i) => {
      put(directory, `n/${String(i).padStart(4, "0")}.network`, output);
    });
    const script = [
      'chmod 755 "$1" "$1/n"; mkdir -p /run/systemd /etc/systemd/network',
      'mount -t tmpfs none /run/systemd && mount --bind "$1/n" /etc/systemd/network && mkdir -p /run/systemd/netif',
      `SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console timeout 4 ${NETWORKD} 2>&1`,
    ].join("\n");
    const said = ask("unshare", ["--net", "--mount", "sh", "-c", script, "sh", directory]);
    if (!said.includes("Enumeration completed")) throw new Error(`networkd did not read: ${said.slice(0, 500)}`);
    const lines = said.split("\n").filter((one) => /ignoring|invalid|Failed to parse|Unknown/i.test(one));
    return written.map((_, i) => lines.find((one) => one.includes(`/${String(i).padStart(4, "0")}.network`)));
  },
};

interface Unit {
  readonly description: string;
  readonly because: string;
}

const unitTarget: Target<Unit, string> = {
  name: "units, read by systemd-analyze",
  tools: ["systemd-analyze"],
  batch: 200,
  input: fc.record({ description: line, because: text }),
  write: ({ description, because }) =>
    filesOf((host) =>
      host.unit(
        "fuzz.service",
        {
          unit: { Description: description },
          service: { Type: "oneshot", ExecStart: "/bin/true" },
          wantedBy: ["multi-user.target"],
        },
        { because, source: "s" },
      ),
    )?.get("hosts/n/root/etc/systemd/system/fuzz.service"),
  read(written, directory) {
    const paths = written.map(({ output }, i) => put(directory, `f${i}.service`, output));
    const said = ask("systemd-analyze", ["verify", "--man=no", ...paths]).split("\n");
    return written.map((_, i) => said.find((one) => new RegExp(`f${i}\\.service`).test(one)));
  },
};

export const SHELL_TARGETS = [
  verifyTarget(["dash"]),
  verifyTarget(["busybox", "sh"]),
  planTarget,
  sysctlTarget,
  networkdTarget,
  unitTarget,
];
