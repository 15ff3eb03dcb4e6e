import fc from "fast-check";
import { Check } from "../../lib";
import { hosts, saying } from "./hosts";
import { line, text, word } from "./input";
import { ask, differs, END, put } from "./reader";
import type { Target } from "./target";

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
  write: hosts(({ title, run, because }) => ({
    build: saying((host) => host.check(Check.command({ title, run }), { because, source: "x" })),
    file: "verify",
  })),
  read(written, directory) {
    put(directory, "checks", TELLING);
    written.forEach(({ output }, i) => {
      put(directory, `v${i}`, output);
    });
    // The shell itself reads each script, in a copy of its process.
    const loop = `export NETLOOM_CHECKS="$1/checks"; i=0; while [ $i -lt ${written.length} ]; do (. "$1/v$i") || printf 'failed\\0${END}\\0'; i=$((i+1)); done`;
    const answers = ask(shell[0]!, [...shell.slice(1), "-c", loop, "sh", directory])
      .split(`${END}\0`)
      .slice(0, -1);
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
  write: hosts(({ key, value }) => ({
    build: saying((host) => host.sysctl(key, value, { because: "b", source: "s" })),
    file: "plan",
  })),
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

export const SHELL_TARGETS = [verifyTarget(["dash"]), verifyTarget(["busybox", "sh"]), planTarget];
