import type { Construct } from "constructs";
import { at, defineProblem, failAll, type Problem } from "../../errors";
import { Applier, type ApplierSpec, StackFeature, type StackFiles } from "../../synth";
import { literal } from "../../synth/cdktf";
import type { CloudLabProfile } from "./profile";
import { shippedPortalClient } from "./portal/shipped";
import type { PortalPlan } from "./portal/types";

const LIFE_CYCLE = defineProblem("NL-CLOUDLAB-LIFECYCLE", "The portal client has what it needs");

/** How Terraform drives the experiment through the portal's REST API. */
export interface CloudLabLifeCycleProps {
  /** Project on the portal that the experiment belongs to. */
  readonly project: string;
  /** Name of the experiment; at most 16 characters. */
  readonly experiment: string;
  /** Name of the portal profile, `name` or `project,name`. @default - the stack's profile is uploaded under its file name */
  readonly portalProfile?: string;
  /** Hours that the experiment gets at first, at least 1. @default - what the portal grants */
  readonly durationHours?: number;
  /** Extend the experiment to live at least until then, e.g. `"2026-12-24T18:00:00Z"`. @default - never extended */
  readonly until?: string;
  /** What to tell the portal when extending. @default "experiment still running" */
  readonly reason?: string;
  /** Values for parameters of the profile. @default - the profile's defaults */
  readonly bindings?: Readonly<Record<string, string>>;
  /**
   * Give the hardware back, and lose what is on it, when the resource is destroyed.
   * @default true
   */
  readonly terminateOnDestroy?: boolean;
  /** Address of the portal's API. @default "https://boss.emulab.net:43794" */
  readonly portalUrl?: string;
  /** Which Terraform resource type carries it. @default Applier.nullResource() */
  readonly applier?: ApplierSpec;
}

/** Base address of the portal's API. Source: the community Terraform provider srmanda-cs/cloudlab. */
export const PORTAL_URL = "https://boss.emulab.net:43794";

const PROJECT = /^[A-Za-z0-9][A-Za-z0-9_-]{0,47}$/;
/** The portal refuses longer names, because they become part of host names. */
const EXPERIMENT = /^[A-Za-z][A-Za-z0-9-]{0,15}$/;
const RFC3339_UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
const CLIENT = "cloudlab/portal.cjs";

/**
 * The Terraform side of an experiment. One resource is the experiment: made once, and replaced only when it becomes
 * another experiment. A second one is its lifetime, so that extending it never touches the machines.
 */
export class ExperimentLifeCycle extends StackFeature {
  private readonly portal: PortalPlan;
  private readonly planFile: string;

  constructor(
    scope: Construct,
    id: string,
    props: CloudLabLifeCycleProps,
    source: { readonly profile?: CloudLabProfile; readonly manifest?: string | readonly string[] },
  ) {
    super(scope, id);
    this.portal = at(this.node.path, () => portalPlan(props, source));
    this.planFile = `cloudlab/${this.portal.project}.${this.portal.experiment}.portal.json`;
    this.declareResources(props);
  }

  contributeFiles(files: StackFiles): void {
    files.add(this.node.path, this.planFile, `${JSON.stringify(this.portal, undefined, 2)}\n`);
    if (files.get(CLIENT) === undefined) files.add(this.node.path, CLIENT, shippedPortalClient());
  }

  private declareResources(props: CloudLabLifeCycleProps): void {
    const applier = props.applier ?? Applier.nullResource();
    const command = (verb: string) => `node ${CLIENT} ${verb} ${this.planFile}`;
    const { project, experiment, url, until } = this.portal;
    const made = applier.create(this, "Experiment", {
      triggers: { project, experiment, url: literal(url) },
      provisioners: [
        { type: "local-exec", command: command("apply") },
        ...(props.terminateOnDestroy === false
          ? []
          : [{ type: "local-exec" as const, when: "destroy" as const, command: command("terminate") }]),
      ],
    });
    if (until === undefined) return;
    applier.create(this, "Lifetime", {
      triggers: { until },
      after: () => [made.address],
      provisioners: [{ type: "local-exec", command: command("extend") }],
    });
  }
}

function portalPlan(
  props: CloudLabLifeCycleProps,
  { profile, manifest }: { readonly profile?: CloudLabProfile; readonly manifest?: string | readonly string[] },
): PortalPlan {
  const url = props.portalUrl ?? PORTAL_URL;
  failAll(planProblems(props, url));
  const manifestFile = typeof manifest === "string" ? manifest : manifest?.[0];
  if (manifestFile === undefined || (manifest?.length !== 1 && typeof manifest !== "string")) {
    throw LIFE_CYCLE({
      what: "the portal client needs one file to write the manifests of all sites to",
      value: manifest,
      remedy: `manifest: "manifest.json"`,
    });
  }
  if (props.portalProfile === undefined && profile === undefined) {
    throw LIFE_CYCLE({
      what: "nothing says which profile the experiment is made from",
      remedy: `profile: new CloudLabProfile(…), or portalProfile: "project,name"`,
    });
  }
  const [name, owner] = (props.portalProfile ?? profile!.fileName).split(",").reverse();
  return {
    schema: "netloom.cloudlab-portal/1",
    project: props.project,
    experiment: props.experiment,
    profile: {
      name: name!,
      project: owner ?? props.project,
      scriptFile: props.portalProfile === undefined ? profile!.scriptFile : undefined,
    },
    durationHours: props.durationHours,
    until: props.until,
    reason: props.until === undefined ? undefined : (props.reason ?? "experiment still running"),
    bindings: props.bindings,
    url,
    manifestFile,
  };
}

function planProblems(props: CloudLabLifeCycleProps, url: string): readonly Problem[] {
  const problems: Problem[] = [];
  const check = (isGood: boolean, what: string, value: unknown, allowed: string) => {
    if (!isGood) problems.push({ code: LIFE_CYCLE.id, what, value, allowed });
  };
  const { durationHours, until, portalProfile } = props;
  check(PROJECT.test(props.project), "not the name of a project", props.project, "letters, digits, _ and -");
  check(
    EXPERIMENT.test(props.experiment),
    "not the name of an experiment",
    props.experiment,
    "letters, digits and -, first a letter, at most 16",
  );
  check(
    durationHours === undefined || (Number.isInteger(durationHours) && durationHours >= 1),
    "not a duration",
    durationHours,
    "whole hours, at least 1",
  );
  check(
    until === undefined || (RFC3339_UTC.test(until) && !Number.isNaN(Date.parse(until))),
    "not a point in time",
    until,
    "UTC, as in 2026-12-24T18:00:00Z",
  );
  check(
    portalProfile === undefined || portalProfile.split(",").every((part) => PROJECT.test(part)),
    "not the name of a profile",
    portalProfile,
    "name, or project,name",
  );
  check(
    /^https?:\/\/[A-Za-z0-9.:[\]-]+(\/[A-Za-z0-9._/-]*)?$/.test(url),
    "not the address of a portal",
    url,
    "https://host:port",
  );
  return problems;
}
