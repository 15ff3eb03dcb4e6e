import { join, relative, sep } from "node:path";
import { TerraformElement, type TerraformStack } from "./cdktf";

/**
 * Without a backend of the user's, cdktf keeps the state in the project and writes that file's absolute path. The same
 * file, named from the stack's folder, where Terraform runs, makes the output the same on every machine.
 */
export function keepStateRelative(stack: TerraformStack, stackDirectory: string): void {
  const backend = stack.node.tryFindChild("backend");
  if (backend === undefined || !TerraformElement.isTerraformElement(backend)) return;
  const config = backend.toTerraform() as { terraform?: { backend?: { local?: { path?: string } } } };
  const state = join(process.cwd(), `terraform.${stack.node.id}.tfstate`);
  if (config.terraform?.backend?.local?.path !== state) return;
  backend.addOverride("path", relative(stackDirectory, state).split(sep).join("/"));
}
