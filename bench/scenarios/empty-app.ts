import { App, LocalBackend, TerraformResource, TerraformStack } from "cdktf";
import { measured, type Sample } from "../measure";

/** A bare `terraform_data`, as plain as cdktf makes it. */
class TerraformData extends TerraformResource {
  private readonly input: string;

  constructor(scope: TerraformStack, id: string, input: string) {
    super(scope, id, {
      terraformResourceType: "terraform_data",
      terraformGeneratorMetadata: { providerName: "terraform" },
    });
    this.input = input;
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { triggers_replace: { digest: this.input } };
  }
}

/** cdktf without Netloom: a stack with as many resources as the hosts would have, that do nothing. */
export function emptyApp(resources: number): Sample {
  return measured(() => {
    const app = new App({ outdir: "cdktf.out" });
    const stack = new TerraformStack(app, "fleet");
    new LocalBackend(stack, { path: "terraform.tfstate" });
    for (let i = 0; i < resources; i++) new TerraformData(stack, `node-${i}`, String(i));
    app.synth();
  }, "cdktf.out");
}
