import type { HostProps } from "../../lib";
import type { HostSettings, ResolvedHost } from "../../lib/features";
import { Host } from "../../lib";
import { HostFeature } from "../../lib/features";
import type { Problem } from "../../lib/errors";
import { compileHost } from "../../lib/host";
import { testStack } from "../../lib/testing";
import { macOf } from "../support/lab";

class Saying extends HostFeature {
  say: (settings: HostSettings) => void = () => {};
  contribute(settings: HostSettings): void {
    this.say(settings);
  }
}

export const WHY = { because: "the test wants it" };

/** `lab/node-0` with two ports, one found by MAC and one by name, and what `say` says about it in `lab/node-0/F`. */
export function hostThat(say: (settings: HostSettings) => void, props: HostProps = {}): ResolvedHost {
  const interfaces = [
    { id: "exp0", mac: macOf(1) },
    { id: "exp1", name: "enp1s0" },
    { id: "control", control: true, name: "eno1" },
  ];
  const host = new Host(testStack("lab"), "node-0", { interfaces, ...props });
  new Saying(host, "F").say = say;
  const problems: Problem[] = [];
  const resolved = compileHost(host, problems);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return resolved;
}
