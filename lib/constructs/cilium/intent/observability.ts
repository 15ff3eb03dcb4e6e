/** Flow visibility. The user interface exists only together with the relay, so it cannot be asked for alone. */
export type Hubble = HubbleBase &
  (
    | {
        /** Collect the flows of all nodes at one address. */
        readonly relay: true;
        /** Show them in a browser. @default false */
        readonly ui?: boolean;
      }
    | {
        /** Flows stay on their nodes. @default false */
        readonly relay?: false;
        /** Needs the relay. @default false */
        readonly ui?: false;
      }
  );

/** What Hubble can have with or without relay. */
export interface HubbleBase {
  /** Metrics to export on port 9965, e.g. `["dns", "drop", "tcp", "flow"]`. @default - none */
  readonly metrics?: readonly string[];
  /**
   * Who makes the certificates. `helm` draws new ones at every rendering, so anything rendered offline differs each time.
   * @default "cronJob"
   */
  readonly certificates?: "helm" | "cronJob" | "certmanager";
}

/** Metrics for Prometheus. */
export interface Prometheus {
  /**
   * Create a ServiceMonitor; the Prometheus operator's CRDs must be in the cluster before Cilium is installed.
   * @default false
   */
  readonly serviceMonitor?: boolean;
}
