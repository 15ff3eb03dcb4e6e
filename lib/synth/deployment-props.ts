import { LARGEST_WINDOW, SMALLEST_WINDOW } from "../contract";
import { at, defineProblem, failAll, type Problem } from "../errors";
import { Duration } from "../units";
import { requireUnit } from "../units/unit-value";
import type { ApplierSpec } from "./applier";

const LOCK_FILE_PLACE = defineProblem("NL-LOCK-FILE", "The lock file lies in the project");
export const WAVE = defineProblem("NL-WAVE", "A wave exists and is stated once");
const WINDOW = defineProblem("NL-WINDOW", "The time to confirm a change is one that a deploy can keep");

/** How the hosts of a stack are deployed. */
export interface DeploymentProps {
  /** Which Terraform resource type carries the deploy. @default Applier.nullResource() */
  readonly applier?: ApplierSpec;
  /**
   * Names of waves, first to last: a wave is applied, proved and confirmed before the next one begins.
   * Hosts choose theirs with `wave`. @default ["default"]
   */
  readonly waves?: readonly string[];
  /** How long a host waits for the confirmation before it reverts by itself; 5 s to 1 h. @default Duration.minutes(2) */
  readonly window?: Duration;
  /** The lock file, relative to the project (where synth runs). @default "netloom.lock.json" */
  readonly lockFile?: string;
  /**
   * Whether hosts with plain Linux get the packages they lack with `apt-get`. With `false` nothing is installed, and a
   * host that lacks one stops the deploy before anything changes. NixOS hosts have them in their configuration either way. @default true
   */
  readonly installPackages?: boolean;
}

/** The names, times and paths of a deployment, checked. */
export interface DeploymentPlan {
  readonly waves: readonly string[];
  /** Seconds. */
  readonly window: number;
  readonly lockFile: string;
  readonly installPackages: boolean;
}

const DEFAULT_WAVE = "default";
const WAVE_NAME = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/;
const LOCK_FILE = /^(?!\/)[^\0-\x1f\\]+$/;

/** Checks the props of a deployment. Throws with everything that is wrong in them. */
export function deploymentPlan(path: string, props: DeploymentProps): DeploymentPlan {
  const waves = props.waves ?? [DEFAULT_WAVE];
  const window = props.window ?? Duration.minutes(2);
  const lockFile = props.lockFile ?? "netloom.lock.json";
  const problems = [...waveProblems(path, waves), ...windowProblems(path, window)];
  if (!LOCK_FILE.test(lockFile)) {
    problems.push({
      code: LOCK_FILE_PLACE.id,
      path,
      what: "the lock file belongs to the project and is named from there",
      value: lockFile,
      allowed: "a relative path",
      remedy: `lockFile: "netloom.lock.json"`,
    });
  }
  failAll(problems);
  return { waves, window: window.toSeconds(), lockFile, installPackages: props.installPackages ?? true };
}

function waveProblems(path: string, waves: readonly string[]): Problem[] {
  const remedy = `waves: ["canary", "rest"]`;
  if (waves.length === 0) {
    return [{ code: WAVE.id, path, what: "a deployment needs at least one wave", value: waves, remedy }];
  }
  return waves
    .filter((wave, i) => !WAVE_NAME.test(wave) || waves.indexOf(wave) !== i)
    .map((wave) => ({
      code: WAVE.id,
      path,
      what: WAVE_NAME.test(wave) ? "two waves have the same name" : "a wave is named by a DNS label",
      value: wave,
      allowed: "unique names of a-z 0-9 -, at most 32 characters",
      remedy,
    }));
}

/** What is wrong with a window for confirmation: too short for a new connection, or so long that nobody waits for it. */
export function windowProblems(path: string, window: Duration): Problem[] {
  const seconds = at(path, () => requireUnit("Duration", "window", window, "Duration.minutes(2)")).toSeconds();
  if (Number.isInteger(seconds) && seconds >= SMALLEST_WINDOW && seconds <= LARGEST_WINDOW) return [];
  return [
    {
      code: WINDOW.id,
      path,
      what: "the window for confirmation is out of range",
      value: window.toString(),
      allowed: "whole seconds from 5 s to 1 h",
      remedy: "window: Duration.minutes(2)",
    },
  ];
}
