import { describe, expect } from "vitest";
import { itWith } from "../support/tools";
import { TerraformProject } from "./terraform-project";

/** The lines in which the runner says what it did, in their order. */
const told = (output: string) => [...output.matchAll(/netloom: ((?:lab, )?\S+.*)/g)].map(([, text]) => text!);
const waves = (output: string) =>
  [...output.matchAll(/lab, wave (\S+): (\d) hosts confirmed/g)].map(([, w, n]) => `${w} ${n}`);

describe("waves, deployed by Terraform", () => {
  itWith(["terraform"], "may change places while their hosts change", () => {
    const project = new TerraformProject();
    const hosts = (backlog: number) => ({ a: { wave: "canary", backlog }, b: { wave: "rest", backlog } });
    expect(waves(project.synth(hosts(1), ["canary", "rest"]).apply())).toEqual(["canary 1", "rest 1"]);
    expect(waves(project.synth(hosts(2), ["rest", "canary"]).apply())).toEqual(["rest 1", "canary 1"]);
    expect(waves(project.synth(hosts(2), ["canary", "rest"]).apply())).toEqual(["canary 0", "rest 0"]);
    expect(waves(project.synth(hosts(3), ["rest", "canary"]).apply())).toEqual(["rest 1", "canary 1"]);
    expect([project.isDeployed(), project.backlogOf("a"), project.backlogOf("b")]).toEqual([true, 3, 3]);
  });

  itWith(["terraform"], "may come, lose their last host, and go", () => {
    const project = new TerraformProject();
    project.synth({ a: { wave: "canary" }, b: { wave: "rest" } }, ["canary", "rest"]).apply();
    const three = { a: { wave: "canary" }, b: { wave: "middle", backlog: 1 }, c: { wave: "rest" } };
    const grown = project.synth(three, ["canary", "middle", "rest"]).apply();
    expect(waves(grown)).toEqual(["middle 1", "rest 1"]);
    expect(project.isDeployed()).toBe(true);
    const shrunk = project.synth({ b: { wave: "rest", backlog: 1 }, c: { wave: "rest" } }, ["rest"]).apply();
    expect(told(shrunk)[0]).toBe("a: as it was before netloom");
    expect(waves(shrunk)).toEqual(["rest 0"]);
    expect([project.isDeployed(), project.backlogOf("a"), project.backlogOf("b")]).toEqual([true, undefined, 1]);
    expect(told(project.destroy())).toEqual(["b: as it was before netloom", "c: as it was before netloom"]);
  });
});

describe("hosts that leave or move, deployed by Terraform", () => {
  itWith(["terraform"], "leave machines that become what they were, whatever takes their names and addresses", () => {
    const project = new TerraformProject();
    project.synth({ a: {}, b: {} }).apply();
    const moved = project.synth({ a: { directory: "machines/b", backlog: 7 } }).apply();
    expect(told(moved)[0]).toMatch(/^a at \S+machines\/a: as it was before netloom$/);
    expect([project.backlogOf("a"), project.backlogOf("b"), project.isDeployed()]).toEqual([undefined, 7, true]);
    project.synth({ a: { directory: "machines/b", backlog: 7 }, b: { directory: "machines/a", backlog: 8 } }).apply();
    const swapped = project.synth({ a: { backlog: 7 }, b: { backlog: 8 } }).apply();
    expect(swapped).not.toContain("as it was");
    expect([project.backlogOf("a"), project.backlogOf("b"), project.isDeployed()]).toEqual([7, 8, true]);
  });

  itWith(["terraform"], "are found by a destroy, whatever was synthesized since they were deployed", () => {
    const project = new TerraformProject();
    project.synth({ a: {}, b: {}, c: {} }).apply();
    project.synth({ a: { directory: "machines/elsewhere" }, renamed: { directory: "machines/b" } }).destroy();
    expect(["a", "b", "c"].map((machine) => project.backlogOf(machine))).toEqual([undefined, undefined, undefined]);
  });
});
