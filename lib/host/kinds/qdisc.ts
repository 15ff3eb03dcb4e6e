import { defineKind, type OnInterface } from "./kind";
import { assertWord } from "./words";

/**
 * The queueing discipline of a port. `mq-fq` keeps the multiqueue root and puts `fq` on every queue (plain `fq` on
 * a port with one queue); every other kind replaces the root.
 */
export interface QdiscSettings {
  /** As `tc qdisc` names it, but for `mq-fq`. */
  readonly kind: "mq-fq" | "fq" | "fq_codel" | "pfifo" | "noqueue";
  /** Further words of `tc qdisc`, e.g. `["limit", "20000"]`. @default - none */
  readonly args?: readonly string[];
}

export const QDISC = defineKind({
  noun: "queueing discipline of",
  record({ origin, port }, interfaceId: string, settings: QdiscSettings) {
    port(interfaceId);
    assertWord(origin, "queueing discipline", settings.kind);
    for (const word of settings.args ?? []) assertWord(origin, "qdisc argument", word);
    const qdisc: OnInterface<QdiscSettings> = { interface: interfaceId, settings };
    return [[interfaceId, qdisc]];
  },
  effect: () => "queued packets",
  show: ({ settings }) => settings,
});
