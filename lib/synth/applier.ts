import type { Construct } from "constructs";
import { lazyList, type LocalExecProvisioner, nullProvider, TerraformResource, TerraformStack } from "./cdktf";

/** What a resource of the deploy needs, whichever Terraform type it becomes. */
export interface AppliedResourceProps {
  /** A change of any of these replaces the resource, which runs its provisioners again: by the names that provisioners know them by. */
  readonly triggers: Readonly<Record<string, string>>;
  /** What Terraform runs when the resource is made or destroyed. @default - nothing */
  readonly provisioners?: readonly LocalExecProvisioner[];
  /** Addresses of the resources that come first, asked for when the stack is synthesized. @default - none */
  readonly after?: () => readonly string[];
}

/** A resource of the deploy. */
export interface AppliedResource {
  /** Address within the stack, e.g. `null_resource.node-0_Generation_1A2B3C4D`. */
  readonly address: string;
}

/** Which Terraform resource type carries the deploy. */
export interface ApplierSpec {
  /** Name of the Terraform resource type. */
  readonly kind: "null_resource" | "terraform_data";
  /** The expression by which a provisioner knows a trigger of its own resource. */
  trigger(name: string): string;
  /** Creates the resource. */
  create(scope: Construct, id: string, props: AppliedResourceProps): AppliedResource;
}

/** The two ways to carry a deploy. */
export const Applier = {
  /** `null_resource` of the hashicorp/null provider, which Terraform downloads on `init`. */
  nullResource: (): ApplierSpec => ({
    kind: "null_resource",
    trigger: (name) => `self.triggers.${name}`,
    create(scope, id, props) {
      declareNullProvider(scope);
      const { Resource } = nullProvider();
      return applied(new Resource(scope, id, { triggers: props.triggers, ...meta(props) }), props);
    },
  }),

  /** Terraform's built-in `terraform_data`: nothing to download. Needs Terraform 1.4 or OpenTofu. */
  terraformData: (): ApplierSpec => ({
    kind: "terraform_data",
    trigger: (name) => `self.triggers_replace.${name}`,
    create: (scope, id, props) => applied(new TerraformData(scope, id, props), props),
  }),
};

/**
 * `terraform_data` as a plain resource: the class that cdktf ships for it starts a `terraform version` process
 * for every single instance while validating.
 */
class TerraformData extends TerraformResource {
  private readonly triggers: AppliedResourceProps["triggers"];

  constructor(scope: Construct, id: string, props: AppliedResourceProps) {
    super(scope, id, {
      terraformResourceType: "terraform_data",
      terraformGeneratorMetadata: { providerName: "terraform" },
      ...meta(props),
    });
    this.triggers = props.triggers;
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { triggers_replace: this.triggers };
  }
}

function meta({ provisioners }: AppliedResourceProps) {
  return provisioners === undefined ? {} : { provisioners: [...provisioners] };
}

function applied(resource: TerraformResource, { after }: AppliedResourceProps): AppliedResource {
  if (after !== undefined) resource.dependsOn = lazyList(after);
  return { address: `${resource.terraformResourceType}.${resource.friendlyUniqueId}` };
}

const declared = new WeakSet<TerraformStack>();

/** Two blocks of one provider are an error in Terraform, so a stack that has one keeps it. */
function declareNullProvider(scope: Construct): void {
  const stack = TerraformStack.of(scope);
  if (declared.has(stack)) return;
  declared.add(stack);
  const { NullProvider } = nullProvider();
  if (stack.allProviders().some((p) => p.terraformResourceType === NullProvider.tfResourceType)) return;
  new NullProvider(stack, "null-provider");
}
