import type { Rule } from "./engine";

/** Every rule that runs by itself, in the order in which findings are reported. */
export const ALL_RULES: readonly Rule[] = [];
