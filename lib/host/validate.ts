import { fail } from "../errors";

const SYSCTL_KEY = /^[a-z][a-z0-9_]*([./][A-Za-z0-9_:-]+)+$/;
const WORD = /^[A-Za-z0-9_.:,@%/+=-]+$/;
const UNIT = /^[A-Za-z0-9:_.@-]+\.(service|timer|target|path|socket|mount)$/;
const FILE_PATH = /^(\/[A-Za-z0-9_.@:+-]+)+$/;

/** Paths below these belong to the machine, not to a generation that can be taken back. */
const FORBIDDEN_ROOTS = ["/proc", "/sys", "/dev", "/run", "/tmp", "/boot", "/var/lib/netloom"];

export function assertSysctlKey(path: string, key: string): void {
  if (SYSCTL_KEY.test(key) && !key.includes("..")) return;
  fail({
    code: "NL-SYSCTL-KEY",
    path,
    what: "not a sysctl key",
    value: key,
    allowed: "names joined by dots, e.g. net.ipv4.tcp_rmem",
    remedy: `"net.core.rmem_max"`,
  });
}

export function assertSysctlValue(path: string, key: string, value: string): void {
  if (value !== "" && value === value.trim() && !/[\0-\x1f\x7f]/.test(value) && !/NaN|Infinity/.test(value)) return;
  fail({
    code: "NL-SYSCTL-VALUE",
    path,
    what: `the value of ${key} is empty or has control characters or outer blanks`,
    value,
    allowed: "one line of text or numbers; vectors as lists",
  });
}

export function assertWord(path: string, what: string, word: string): void {
  if (WORD.test(word)) return;
  fail({ code: "NL-WORD", path, what: `not a valid ${what}`, value: word, allowed: "A-Z a-z 0-9 _ . : , @ % / + = -" });
}

export function assertUnitName(path: string, name: string): void {
  if (UNIT.test(name)) return;
  fail({
    code: "NL-UNIT-NAME",
    path,
    what: "not the name of a systemd unit",
    value: name,
    allowed: "a name with its suffix: .service .timer .target .path .socket .mount",
    remedy: `"netloom-example.service"`,
  });
}

export function assertFilePath(path: string, file: string): void {
  const forbidden = FORBIDDEN_ROOTS.find((root) => file === root || file.startsWith(`${root}/`));
  if (FILE_PATH.test(file) && !/\/\.{1,2}(\/|$)/.test(file) && forbidden === undefined) return;
  fail({
    code: "NL-FILE-PATH",
    path,
    what:
      forbidden === undefined
        ? "not an absolute path of plain characters"
        : `${forbidden} is not a place that a deploy can take back`,
    value: file,
    allowed: `an absolute path of A-Z a-z 0-9 _ . @ : + - outside ${FORBIDDEN_ROOTS.join(" ")}`,
    remedy: `"/etc/example.conf"`,
  });
}
