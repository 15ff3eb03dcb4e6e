import { dctcpThreshold, pfcHeadroom, type QosClass } from "../../tuning";
import { Duration, type Mtu, type Rate } from "../../units";
import type { IRdmaFabric } from "./rdma-fabric";

export interface SwitchNoteProps {
  readonly fabric: Pick<IRdmaFabric, "classes" | "statement" | "cableMetres">;
  readonly mtu: Mtu;
  /** Rate of one port. @default - not known, thresholds are left to the reader */
  readonly rate?: Rate;
  readonly rtt: Duration;
}

/** What the operator has to set on the switches, in words that fit every vendor. Netloom does not reach switches. */
export function switchNote(props: SwitchNoteProps): string {
  const { classes, statement } = props.fabric;
  const lossless = classes.filter((entry) => entry.lossless);
  const marking = classes.filter((entry) => entry.ecn);
  const lines = [
    "Set on every switch port of this segment:",
    `- MTU: frames of ${props.mtu.value + 22} bytes (IP MTU ${props.mtu}, Ethernet header, one VLAN tag, checksum).`,
    "- Trust: DSCP. DSCP to priority: " +
      classes.map((entry) => `${entry.dscp.join(",")} -> ${entry.priority}`).join("; ") +
      ".",
    `- Scheduling, strict with limits: ${list(classes, "strict")}; weighted: ${list(classes, "ets")}.`,
    lossless.length > 0
      ? `- Priority flow control on for priority ${lossless.map(({ priority }) => priority).join(", ")}, off for all others; global pause (802.3x) off.`
      : "- Priority flow control and global pause (802.3x) off: this fabric is stated to be lossy.",
  ];
  if (lossless.length > 0 && props.rate) {
    const headroom = pfcHeadroom({ rate: props.rate, mtu: props.mtu, cableMetres: props.fabric.cableMetres });
    lines.push(
      `- Headroom for each port and lossless priority: about ${headroom.value.toBytes()} bytes (${headroom.because}); the vendor's tool decides.`,
      "- PFC watchdog on: a queue that is paused for long is drained, or one broken host stops the fabric.",
    );
  }
  if (!statement.switchEcn) {
    lines.push("- ECN marking: stated to be off. Senders then slow down only after a loss or a pause.");
  } else {
    const threshold = props.rate && dctcpThreshold({ rate: props.rate, rtt: props.rtt });
    lines.push(
      `- ECN marking on for priority ${marking.map(({ priority }) => priority).join(", ")}` +
        (threshold ? `, from ${threshold.value.toBytes()} bytes of queue on (${threshold.because}).` : "."),
    );
  }
  return lines.join("\n");
}

/** Round trip on which thresholds are based when nobody measured one: one switch, short cables. */
export const ASSUMED_RTT = Duration.micros(20);

function list(classes: readonly QosClass[], scheduler: QosClass["scheduler"]): string {
  const text = classes
    .filter((entry) => entry.scheduler === scheduler)
    .sort((left, right) => right.priority - left.priority)
    .map((entry) => `priority ${entry.priority} ${entry.share} %`)
    .join(", ");
  return text === "" ? "none" : text;
}
