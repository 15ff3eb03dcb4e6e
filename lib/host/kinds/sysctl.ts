import { defineProblem } from "../../errors";
import { LARGEST_OF_EACH } from "../merge";
import { defineKind } from "./kind";

const NOT_A_SYSCTL = defineProblem("NL-SYSCTL-KEY", "A sysctl key is a path of words");
const SYSCTL_VALUE = defineProblem("NL-SYSCTL-VALUE", "A sysctl value is text or numbers");

/** Ceilings: a higher one does not hurt those who asked for less, so two constructs get the larger. */
const CEILINGS = new Set([
  "net.core.rmem_max",
  "net.core.wmem_max",
  "net.core.netdev_max_backlog",
  "net.core.somaxconn",
  "net.ipv4.tcp_max_syn_backlog",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_wmem",
  "net.netfilter.nf_conntrack_max",
]);

export const SYSCTL = defineKind({
  noun: "sysctl",
  record({ origin }, key: string, value: string | number | readonly number[]) {
    const name = sysctlKey(origin, key);
    return [[name, sysctlValueText(origin, name, Array.isArray(value) ? value.join(" ") : String(value))]];
  },
  // Sockets take most values of TCP and buffers when they are made; what the rest does depends on the key.
  effect: (key) => (/^net\.(core|ipv4\.tcp_)/.test(key) ? "new connections" : "unknown"),
  combine: (key) => (CEILINGS.has(key) ? LARGEST_OF_EACH : undefined),
});

const SYSCTL_KEY = /^[a-z][a-z0-9_]*([./][A-Za-z0-9_:-]+)+$/;

/**
 * The one spelling of a sysctl key that is used everywhere: separators are dots, and a dot inside a name (VLAN
 * `eth0.100`) is a slash. sysctl(8): the first separator decides how a key is meant.
 */
function sysctlKey(path: string, key: string): string {
  if (SYSCTL_KEY.test(key) && !/[./]{2}/.test(key)) {
    return key.match(/[./]/)![0] === "." ? key : key.replace(/[./]/g, (mark) => (mark === "." ? "/" : "."));
  }
  throw NOT_A_SYSCTL({
    path,
    what: "not a sysctl key",
    value: key,
    allowed: "names joined by dots, e.g. net.ipv4.tcp_rmem",
    remedy: `"net.core.rmem_max"`,
  });
}

/** The value of a sysctl with its blanks folded, as the kernel prints it back. */
function sysctlValueText(path: string, key: string, value: string): string {
  const text = value.replace(/ +/g, " ").trim();
  if (text !== "" && !/[\0-\x1f\x7f]/.test(text) && !/NaN|Infinity|undefined/.test(text)) return text;
  throw SYSCTL_VALUE({
    path,
    what: `the value of ${key} is empty, or is not text or numbers`,
    value,
    allowed: "one line of text or numbers; vectors as lists",
  });
}
