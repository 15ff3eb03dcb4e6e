import { fail } from "../errors";
import type { FileSettings, LimitSettings, UnitSection } from "./kinds";
import { NFT_WORDS } from "./nft-words";

const SYSCTL_KEY = /^[a-z][a-z0-9_]*([./][A-Za-z0-9_:-]+)+$/;
const WORD = /^[A-Za-z0-9_.:,@%/+=-]+$/;
const UNIT = /^[A-Za-z0-9:_.@-]+\.(service|timer|target|path|socket|mount)$/;
const WANTING_UNIT = /^[A-Za-z0-9:_.@-]+\.(service|timer|target|path|socket|mount|automount|swap|slice|device)$/;
/** Characters of a path: an archive keeps 155 of what stands before the name, `root` included. */
const PATH_LENGTH = 150;
/** Characters that an archive keeps of a name, less than systemd's 255. */
const NAME_LENGTH = 100;
const FILE_PATH = /^(\/[A-Za-z0-9_.@:+-]+)+$/;

/** Paths below these belong to the machine, not to a generation that can be taken back. */
const FORBIDDEN_ROOTS = ["/proc", "/sys", "/dev", "/run", "/tmp", "/boot", "/var/lib/netloom"];

/**
 * The one spelling of a sysctl key that is used everywhere: separators are dots, and a dot inside a name (VLAN
 * `eth0.100`) is a slash. sysctl(8): the first separator decides how a key is meant.
 */
export function sysctlKey(path: string, key: string): string {
  if (SYSCTL_KEY.test(key) && !/[./]{2}/.test(key)) {
    return key.match(/[./]/)![0] === "." ? key : key.replace(/[./]/g, (mark) => (mark === "." ? "/" : "."));
  }
  return fail({
    code: "NL-SYSCTL-KEY",
    path,
    what: "not a sysctl key",
    value: key,
    allowed: "names joined by dots, e.g. net.ipv4.tcp_rmem",
    remedy: `"net.core.rmem_max"`,
  });
}

/** The value of a sysctl with its blanks folded, as the kernel prints it back. */
export function sysctlValueText(path: string, key: string, value: string): string {
  const text = value.replace(/ +/g, " ").trim();
  if (text !== "" && !/[\0-\x1f\x7f]/.test(text) && !/NaN|Infinity|undefined/.test(text)) return text;
  return fail({
    code: "NL-SYSCTL-VALUE",
    path,
    what: `the value of ${key} is empty, or is not text or numbers`,
    value,
    allowed: "one line of text or numbers; vectors as lists",
  });
}

export function assertWord(path: string, what: string, word: string): void {
  if (WORD.test(word)) return;
  fail({ code: "NL-WORD", path, what: `not a valid ${what}`, value: word, allowed: "A-Z a-z 0-9 _ . : , @ % / + = -" });
}

/** What becomes the name of a file. The limit is what an archive keeps of a name. */
export function assertFileName(path: string, what: string, name: string): void {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,99}$/.test(name)) return;
  fail({
    code: "NL-WORD",
    path,
    what: `not a valid ${what}`,
    value: name,
    allowed: "A-Z a-z 0-9 _ . @ + -, at most 100 characters, first a letter, digit or _",
    remedy: `"netloom-example"`,
  });
}

// Debian policy 5.6.1; a final "-" would tell apt to remove the package.
const DEBIAN_PACKAGE = /^[a-z0-9][a-z0-9.+-]*[a-z0-9.+]$/;

export function assertDebianPackage(path: string, name: string): void {
  if (DEBIAN_PACKAGE.test(name)) return;
  fail({
    code: "NL-WORD",
    path,
    what: "not a Debian package name",
    value: name,
    allowed: "a-z 0-9 . + -, without version, release or architecture",
    remedy: `settings.package({ debian: "wireguard-tools" }, …)`,
  });
}

/** Control characters but for tabs, and a backslash at the end, which systemd and udev read as "goes on in the next line". */
const BREAKS_LINE = /[\0-\x08\x0a-\x1f\x7f]|\\\s*$/;
/**
 * A specifier that systemd.unit(5) does not have. systemd reserves all letters and digits and ignores the whole line
 * (src/shared/specifier.c, POSSIBLE_SPECIFIERS); a percent sign before anything else stands for itself.
 */
const UNKNOWN_SPECIFIER = /%(?![aAbBCdDEfgGhHiIjJlLmMnNopPqsStTuUvVwWyY])(?=[A-Za-z0-9])/;
/** systemd counts none of them as UTF-8 and ignores the whole line (src/basic/utf8.c, unichar_is_valid). */
const NO_CHARACTER = /\p{Noncharacter_Code_Point}/u;
const UNIT_KEY = /^[A-Za-z][A-Za-z0-9-]*$/;

/** Refuses keys that are none, and values that would run into the next line. */
export function assertUnitSections(path: string, sections: Readonly<Record<string, UnitSection | undefined>>): void {
  for (const [section, entries] of Object.entries(sections)) {
    for (const [key, value] of Object.entries(entries ?? {})) {
      const values = (Array.isArray(value) ? value : [value]).map(String);
      const lost = values.find((text) => UNKNOWN_SPECIFIER.test(text.replaceAll("%%", "")));
      if (lost !== undefined) {
        fail({
          code: "NL-UNIT-SPECIFIER",
          path,
          what: `${section} ${key}= has an unknown specifier, so systemd would ignore the line`,
          value: lost,
          allowed: "specifiers of systemd.unit(5), and %% for a percent sign",
          remedy: JSON.stringify(lost.replace(new RegExp(`%%|${UNKNOWN_SPECIFIER.source}`, "g"), "%%")),
        });
      }
      if (UNIT_KEY.test(key) && !values.some((text) => BREAKS_LINE.test(text) || NO_CHARACTER.test(text))) continue;
      fail({
        code: "NL-UNIT",
        path,
        what: `${section} ${key}= of a unit does not fit on one line that systemd reads`,
        value,
        allowed:
          "keys of letters and digits; values without control characters and Unicode's noncharacters, not ending in a backslash",
        remedy: "a list for repeated keys; a script (settings.script) for more than one command",
      });
    }
  }
}

/** Refuses text that would spread over more than one line of a file. */
export function assertLine(path: string, what: string, text: string): void {
  if (text !== "" && !BREAKS_LINE.test(text)) return;
  fail({
    code: "NL-LINE",
    path,
    what: `${what} is not one line`,
    value: text,
    allowed: "one line of text without control characters, not ending in a backslash",
  });
}

export function assertUnitName(path: string, name: string): void {
  if (UNIT.test(name) && name.length <= NAME_LENGTH && !name.startsWith(".")) return;
  fail({
    code: "NL-UNIT-NAME",
    path,
    what: "not the name of a systemd unit",
    value: name,
    allowed: `a name with its suffix: .service .timer .target .path .socket .mount; at most ${NAME_LENGTH} characters`,
    remedy: `"netloom-example.service"`,
  });
}

/** Units that want another one: systemd makes links in directories that are named after them. */
export function assertWantedBy(path: string, units: readonly string[]): void {
  for (const name of units) {
    if (WANTING_UNIT.test(name) && name.length <= NAME_LENGTH && !name.startsWith(".")) continue;
    fail({
      code: "NL-UNIT-NAME",
      path,
      what: "wantedBy names no systemd unit",
      value: name,
      allowed: "names of units with their suffix",
      remedy: `wantedBy: ["multi-user.target"]`,
    });
  }
}

export function assertFilePath(path: string, file: string): void {
  const forbidden = FORBIDDEN_ROOTS.find((root) => file === root || file.startsWith(`${root}/`));
  const isShort = file.length <= PATH_LENGTH && file.slice(file.lastIndexOf("/") + 1).length <= NAME_LENGTH;
  if (FILE_PATH.test(file) && !/\/\.{1,2}(\/|$)/.test(file) && forbidden === undefined && isShort) return;
  fail({
    code: "NL-FILE-PATH",
    path,
    what:
      forbidden === undefined
        ? isShort
          ? "not an absolute path of plain characters"
          : "a path that is too long for the archive in which a deploy carries it"
        : `${forbidden} is not a place that a deploy can take back`,
    value: file,
    allowed: `an absolute path of A-Z a-z 0-9 _ . @ : + - outside ${FORBIDDEN_ROOTS.join(" ")}, at most ${PATH_LENGTH} characters, the last name at most ${NAME_LENGTH}`,
    remedy: `"/etc/example.conf"`,
  });
}

/** The settings of a file as every reader has them: the mode has four digits. */
export function fileSettings(path: string, file: string, settings: FileSettings): FileSettings {
  assertFilePath(path, file);
  if (typeof settings.content !== "string") {
    return fail({
      code: "NL-FILE-MODE",
      path,
      what: `${file} has no text`,
      value: settings.content,
      allowed: "text",
      remedy: `{ content: "…", mode: "0644" }`,
    });
  }
  return settings.mode === undefined ? settings : { ...settings, mode: fileMode(path, file, settings.mode) };
}

/** A mode in the one form that every reader takes: four octal digits, the first of them 0. */
export function fileMode(path: string, file: string, mode: string): string {
  if (/^0?[0-7]{3}$/.test(mode)) return mode.padStart(4, "0");
  return fail({
    code: "NL-FILE-MODE",
    path,
    what: `invalid mode of ${file}`,
    value: mode,
    allowed: "three octal digits, without set-id bits",
    remedy: `{ content: "…", mode: "0644" }`,
  });
}

const LIMIT_DOMAIN = /^([*%]|[@%]?[A-Za-z_][A-Za-z0-9_.-]*|\d*:\d*)$/;

export function assertLimit(path: string, limit: LimitSettings): void {
  const value = limit.value === "unlimited" || (Number.isInteger(limit.value) && limit.value >= -20);
  if (LIMIT_DOMAIN.test(limit.domain) && /^[a-z]+$/.test(limit.item) && /^(soft|hard|-)$/.test(limit.type) && value) {
    return;
  }
  fail({
    code: "NL-LIMIT",
    path,
    what: "not a line of limits.conf(5)",
    value: limit,
    allowed: "a user, @group or *; soft, hard or -; an item; a whole number or unlimited",
    remedy: `{ domain: "*", type: "-", item: "memlock", value: "unlimited" }`,
  });
}

/** What `nft` takes as family and as a name without quotes. */
export function assertTableName(path: string, family: string, table: string): void {
  const isWord = NFT_WORDS.has(table);
  if (/^(ip|ip6|inet|arp|bridge|netdev)$/.test(family) && /^[A-Za-z][A-Za-z0-9_.-]*$/.test(table) && !isWord) return;
  fail({
    code: "NL-NFTABLES",
    path,
    what: isWord ? "a word of nft's language cannot be the name of a table" : "not an nftables table",
    value: `${family} ${table}`,
    allowed: "ip, ip6, inet, arp, bridge or netdev, and a name of A-Z a-z 0-9 _ . -",
    remedy: `settings.nftables("inet", "netloom-qos", "…", reason)`,
  });
}
