/** The parts of the portal's answers that are used here; see the portal's OpenAPI description, version 1.0.0. */
export interface PortalExperiment {
  readonly id?: string;
  readonly name?: string;
  readonly status?: string;
  readonly expires_at?: string | null;
  readonly url?: string;
}

export interface PortalProfile {
  readonly id: string;
  readonly name?: string;
  readonly project?: string;
  readonly current_version?: { readonly script?: string | null };
}

/** What the stack wants of the portal. Written at synthesis as `cloudlab/<experiment>.portal.json`; holds no secret. */
export interface PortalPlan {
  readonly schema: "netloom.cloudlab-portal/1";
  /** Project that pays for and owns the experiment. */
  readonly project: string;
  /** Name of the experiment, unique within the project. */
  readonly experiment: string;
  /** Profile to make the experiment from. */
  readonly profile: { readonly name: string; readonly project: string; readonly scriptFile?: string };
  /** Hours that the experiment gets at first. */
  readonly durationHours?: number;
  /** The experiment shall live at least until then (RFC 3339, UTC). */
  readonly until?: string;
  /** Why it is needed longer; the portal asks. */
  readonly reason?: string;
  /** Values for the parameters of the profile. */
  readonly bindings?: Readonly<Record<string, string>>;
  /** Address of the portal's API. */
  readonly url: string;
  /** Where the manifests are written once the experiment is ready. */
  readonly manifestFile: string;
}
