import { expect, it } from "vitest";
import { outcome } from "../../lib/deploy/withdraw";

const BEFORE = "as it was before netloom";

it.each([
  ["confirmed empty\n", BEFORE],
  ["packages left: a b\nconfirmed empty\n", `${BEFORE}, but for packages that netloom installed, which stay: a b`],
  [
    "packages left: a\nmodules left: tcp_bbr\nconfirmed empty\n",
    `${BEFORE}, but for packages that netloom installed, which stay: a, and kernel modules in use, which stay until the next boot: tcp_bbr`,
  ],
  [
    "not restored: sysctl k\nmodules left: m\nconfirmed empty\n",
    "netloom is removed, but NOT everything is as it was before: sysctl k, but for kernel modules in use, which stay until the next boot: m",
  ],
])("the end of a withdrawal by the answer %j", (answer, text) => {
  expect(outcome(BEFORE, answer)).toBe(text);
});
