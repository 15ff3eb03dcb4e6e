import type { Duration } from "../../../units";
import { requireUnit } from "../../../units/unit-value";
import type { CiliumIntent, DsrDispatch } from "../intent";

/** `10s`, `1m30s` as Go prints durations; Helm passes them through as strings. */
export function goDuration(property: string, duration: Duration): string {
  const millis = requireUnit("Duration", property, duration, "Duration.seconds(15)").toMillis();
  return millis % 1000 === 0 ? `${millis / 1000}s` : `${millis}ms`;
}

/** The dispatch that a DSR mode uses with the chosen routing. */
export function dispatchOf(intent: CiliumIntent): DsrDispatch | undefined {
  const balancing = intent.loadBalancing;
  if (balancing === undefined || balancing.kind === "snat") return undefined;
  if (balancing.dispatch !== "auto") return balancing.dispatch;
  return intent.routing?.kind === "geneve" ? "geneve" : "opt";
}
