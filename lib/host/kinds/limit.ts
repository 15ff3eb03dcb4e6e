import { defineProblem } from "../../errors";
import { defineKind } from "./kind";

const BAD_LIMIT = defineProblem("NL-LIMIT", "A limit is a line of limits.conf(5)");

/** A limit of pam_limits. */
export interface LimitSettings {
  /** User, `@group` or `*`. */
  readonly domain: string;
  /** What processes start with, what they may raise it to, or (`-`) both. */
  readonly type: "soft" | "hard" | "-";
  /** As in limits.conf(5), e.g. `memlock`. */
  readonly item: string;
  /** In the unit of the item: KiB for `memlock`, a count for `nofile`. */
  readonly value: number | "unlimited";
}

export const LIMIT = defineKind({
  noun: "limit",
  record({ origin }, settings: LimitSettings) {
    assertLimit(origin, settings);
    return [[`${settings.domain} ${settings.type} ${settings.item}`, settings]];
  },
  effect: () => "new sessions",
});

const LIMIT_DOMAIN = /^([*%]|[@%]?[A-Za-z_][A-Za-z0-9_.-]*|\d*:\d*)$/;

function assertLimit(path: string, limit: LimitSettings): void {
  const value = limit.value === "unlimited" || (Number.isInteger(limit.value) && limit.value >= -20);
  if (LIMIT_DOMAIN.test(limit.domain) && /^[a-z]+$/.test(limit.item) && /^(soft|hard|-)$/.test(limit.type) && value) {
    return;
  }
  throw BAD_LIMIT({
    path,
    what: "not a line of limits.conf(5)",
    value: limit,
    allowed: "a user, @group or *; soft, hard or -; an item; a whole number or unlimited",
    remedy: `{ domain: "*", type: "-", item: "memlock", value: "unlimited" }`,
  });
}
