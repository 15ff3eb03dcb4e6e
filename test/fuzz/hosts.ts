import type { TerraformStack } from "cdktf";
import { Host, type HostProps } from "../../lib";
import { HostFeature, type HostSettings } from "../../lib/features";
import { synthToFiles } from "../../lib/testing";
import { macOf } from "../support/lab";
import { accepted, type Target } from "./target";

/** Makes a host of the given name, with what belongs to it below names that end in `-<name>`. */
export type Build = (stack: TerraformStack, name: string, mac: string) => unknown;

/** What is made for an input, and the path below its host's folder of what the reader gets. */
export interface Part {
  readonly build: Build;
  readonly file: string;
}

class Saying extends HostFeature {
  say: (settings: HostSettings) => void = () => {};
  contribute(settings: HostSettings): void {
    this.say(settings);
  }
}

/** A host with one port, `exp0`, on which a feature says something. */
export function saying(
  say: (settings: HostSettings) => void,
  props: (mac: string) => HostProps = (mac) => ({ interfaces: [{ id: "exp0", mac }] }),
): Build {
  return (stack, name, mac) => {
    new Saying(new Host(stack, name, props(mac)), "Said").say = say;
  };
}

/** `write` of a target with one file of one host for each input; undefined = not an input of this target. */
export function hosts<I>(partOf: (input: I) => Part | undefined): Target<I, string>["write"] {
  return (inputs) => {
    const parts = inputs.map((input) => partOf(input));
    const files = filesOfAll(parts.map((part) => part?.build));
    return parts.map((part, i) => (part === undefined ? undefined : files[i]?.(part.file)));
  };
}

type Files = (path: string) => string | undefined;

/**
 * The files of many hosts, each undefined when Netloom refuses it. They are first synthesized as one stack, which takes
 * a tenth of the time. What is wrong beyond a feature may lie in the company of the others: such hosts get a stack of
 * their own.
 */
function filesOfAll(builds: readonly (Build | undefined)[]): readonly (Files | undefined)[] {
  const result: (Files | undefined)[] = builds.map(() => undefined);
  let left = builds.flatMap((build, i) => (build === undefined ? [] : [i]));
  const alone: number[] = [];
  for (let round = 0; left.length > 0; round++) {
    const refused = new Set<number>();
    const together = synthToFiles((stack) => {
      for (const i of left) {
        if (accepted(() => [builds[i]!(stack, `n${i}`, macOf(i))]) === undefined) refused.add(i);
      }
    });
    if (together.errors.length === 0 && refused.size === 0) {
      for (const i of left) result[i] = (path) => together.files.get(`hosts/n${i}/${path}`);
      break;
    }
    // What is no finding says where it is in its text.
    const paths = [
      ...together.errors.map((text) => /^\[(.*?)\]/.exec(text)?.[1] ?? ""),
      ...together.findings.filter(({ severity }) => severity === "error").map(({ path }) => path ?? ""),
    ];
    const blamed = new Map(paths.map((path) => [Number(/^test\/(?:\w+-)?n(\d+)(?:\/|$)/.exec(path)?.[1] ?? -1), path]));
    const isSaid = (i: number) => blamed.get(i) === `test/n${i}/Said`;
    const isKept = (i: number) => !refused.has(i) && !blamed.has(i);
    alone.push(...left.filter((i) => !refused.has(i) && blamed.has(i) && !isSaid(i)));
    const kept = left.filter(isKept);
    if (round === 5 || kept.length === left.length) {
      alone.push(...kept);
      break;
    }
    left = kept;
  }
  for (const i of alone) {
    const own = synthToFiles((stack) => void builds[i]!(stack, "n", macOf(1)));
    if (own.errors.length === 0) result[i] = (path) => own.files.get(`hosts/n/${path}`);
  }
  return result;
}
