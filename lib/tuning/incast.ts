import { Bytes, type Duration, type Rate } from "../units";

/** Many senders that answer one receiver at once. */
export interface IncastProps {
  /** Senders that start at the same time. */
  readonly senders: number;
  /** What each sends before it hears anything back: its first window, or the whole answer if that is smaller. */
  readonly burst: Bytes;
  /** Rate of each sender's link. */
  readonly senderRate: Rate;
  /** Rate of the one link that all of it has to leave by. */
  readonly egress: Rate;
}

/** What such a burst does to the link that it leaves by. */
export interface Incast {
  /** What arrives in one burst. */
  readonly arriving: Bytes;
  /** Time for which the senders' links are busy with it. */
  readonly lasting: Duration;
  /** What piles up in the egress queue; 0 when the egress keeps up. */
  readonly queued: Bytes;
  /** How many times the senders' rate exceeds the egress. */
  readonly oversubscription: number;
  /** The arithmetic, as one clause. */
  readonly because: string;
}

/** Queue that builds up when many answer one at once: what arrives, less what leaves while it arrives. */
export function incastBuffer(props: IncastProps): Incast {
  const arriving = props.burst.times(props.senders);
  const lasting = props.senderRate.timeFor(props.burst);
  const drained = Bytes.of(Math.floor((props.burst.toBytes() * props.egress.toBps()) / props.senderRate.toBps()));
  const queued = Bytes.of(Math.max(0, arriving.toBytes() - drained.toBytes()));
  return {
    arriving,
    lasting,
    queued,
    oversubscription: (props.senders * props.senderRate.toBps()) / props.egress.toBps(),
    because: `${props.senders} × ${props.burst} arrive within ${lasting}, ${drained} leave at ${props.egress} meanwhile`,
  };
}
