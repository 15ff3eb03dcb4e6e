import { Construct, type IConstruct } from "constructs";
import type { IHost } from "./host";
import type { HostSettings } from "./settings";

const FEATURE = Symbol.for("netloom/HostFeature");

/**
 * Something that a host shall have. A feature is a construct below its host; when the stack is synthesized it is
 * asked once what it needs, and answers by calling methods of {@link HostSettings}. Everything that Netloom's own
 * constructs do is done by features, so that yours can do the same.
 *
 * @example
 * class BusyPolling extends HostFeature {
 *   contribute(settings: HostSettings): void {
 *     settings.sysctl("net.core.busy_poll", 50, { because: "trade CPU for receive latency" });
 *   }
 * }
 */
export abstract class HostFeature extends Construct {
  /** The host that has the feature. */
  readonly host: IHost;

  constructor(host: IHost, id: string) {
    super(host, id);
    this.host = host;
  }

  /** Whether `construct` is a feature, whichever copy of the library made it. */
  static isHostFeature(construct: IConstruct): construct is HostFeature {
    return FEATURE in construct;
  }

  /** Says what the host needs. Called once per synthesis; must not change any construct. */
  abstract contribute(settings: HostSettings): void;
}

Object.defineProperty(HostFeature.prototype, FEATURE, { value: true });
