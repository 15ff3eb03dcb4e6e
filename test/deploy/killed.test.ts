import { TerraformResource, type TerraformStack } from "cdktf";
import { describe, expect } from "vitest";
import { itWith } from "../support/tools";
import { TerraformProject, until } from "./terraform-project";

const two = (backlog: number) => ({ a: { wave: "canary", backlog }, b: { wave: "rest", backlog } });
const WAVES = ["canary", "rest"];
const backlogs = (project: TerraformProject) => [project.backlogOf("a"), project.backlogOf("b")];

/** A resource of the user's, which is made as soon as a commit has begun. */
function usersResource(value: number) {
  return (stack: TerraformStack) => {
    class Data extends TerraformResource {
      protected override synthesizeAttributes(): Record<string, unknown> {
        return { triggers_replace: String(value) };
      }
    }
    new Data(stack, "mine", {
      terraformResourceType: "terraform_data",
      provisioners: [{ type: "local-exec", command: "while [ ! -e held ]; do sleep 0.1; done" }],
    });
  };
}

/** A project with a change whose deploy stopped at the beginning of the commit, and then ended by `signal`. */
async function killed(
  signal: "SIGKILL" | "SIGINT" | "SIGTERM",
  more?: (value: number) => (stack: TerraformStack) => void,
) {
  const project = new TerraformProject();
  project.synth(two(1), WAVES).apply();
  const held = await project.synth(two(2), WAVES, more?.(2)).applyHeld();
  if (more !== undefined) {
    await until(() => held.printed().includes("mine: Creation complete"));
    // Terraform prints that before it saves its state, and saves it in steps.
    await until(() => saved(project).includes("Deployment_Commit-1-canary"));
  }
  const made = project.made();
  held.terraform.kill(signal);
  await held.done;
  try {
    process.kill(held.runner, "SIGKILL");
  } catch {
    // Terraform has ended it, as it does when it is interrupted.
  }
  project.letGo();
  return { project, made };
}

/** What Terraform's state has made; nothing while the file is being written. */
function saved(project: TerraformProject): readonly string[] {
  try {
    return project.made();
  } catch {
    return [];
  }
}

describe("a deploy whose Terraform dies while a wave is committed", () => {
  for (const signal of ["SIGKILL", "SIGINT", "SIGTERM"] as const) {
    itWith(
      ["terraform"],
      `by ${signal} has work left, which the next deploy does`,
      async () => {
        const { project } = await killed(signal);
        expect(backlogs(project)).toEqual([1, 1]);
        expect(project.isDeployed()).toBe(false);
        project.apply();
        expect([project.isDeployed(), ...backlogs(project)]).toEqual([true, 2, 2]);
      },
      60_000,
    );
  }

  itWith(
    ["terraform"],
    "has work left although a resource of the user's completed in the meantime",
    async () => {
      const { project, made } = await killed("SIGKILL", usersResource);
      // This is what Terraform's state claims by then, and what must not be believed.
      expect(made).toContain("Deployment_Commit-1-canary");
      expect(backlogs(project)).toEqual([1, 1]);
      expect(project.isDeployed()).toBe(false);
      expect(project.apply()).toContain("lab, wave canary: 1 hosts confirmed");
      expect([project.isDeployed(), ...backlogs(project)]).toEqual([true, 2, 2]);
    },
    60_000,
  );
});

describe("Terraform's state", () => {
  itWith(
    ["terraform"],
    "has no commit that has not ended, as nothing of ours completes in the meantime",
    async () => {
      expect((await killed("SIGKILL")).made).not.toContain("Deployment_Commit-1-canary");
    },
    60_000,
  );
});

describe("a wave that was committed", () => {
  itWith(
    ["terraform"],
    "is committed again when its Commit is replaced, which the documentation tells to do",
    () => {
      const project = new TerraformProject();
      project.synth(two(1), WAVES).apply();
      const [commit] = project.addresses().filter((address) => address.includes("Commit-1-canary"));
      expect(project.apply(`-replace=${commit}`)).toContain("lab, wave canary: 0 hosts confirmed, 1 unchanged");
      expect(project.isDeployed()).toBe(true);
    },
    60_000,
  );

  itWith(["terraform"], "is not committed again by the resource that says so", () => {
    const project = new TerraformProject();
    const output = project.synth(two(1), WAVES).apply();
    expect(output.match(/lab, wave canary: .* hosts confirmed/g)).toHaveLength(1);
    expect(project.made()).toContain("Deployment_Confirmed-1-canary");
  });
});
