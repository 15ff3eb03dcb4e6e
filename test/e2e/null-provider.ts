import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const MODULE = "github.com/hashicorp/terraform-provider-null";
/** What the bindings in use ask for. */
const VERSION = "3.2.4";

/**
 * Builds the null provider from its Go module and lays it into a filesystem mirror, since the Terraform registry may
 * be out of reach. The only version that the module proxy has is 1.0.0; built against a Terraform SDK that speaks
 * today's plugin protocol, its `null_resource` is that of later versions, so it is filed under the version asked for.
 * Returns the path of a Terraform CLI configuration that uses the mirror.
 */
export function nullProviderMirror(repository: string): string {
  const cache = join(repository, "node_modules/.cache/netloom-e2e");
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const place = join(cache, `mirror/registry.terraform.io/hashicorp/null/${VERSION}/${process.platform}_${arch}`);
  const binary = join(place, `terraform-provider-null_v${VERSION}`);
  if (!existsSync(binary)) build(join(repository, "test/e2e/null-provider"), join(cache, "null-provider"), binary);
  const settings = join(cache, "terraformrc");
  writeFileSync(
    settings,
    `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(join(cache, "mirror"))}\n  }\n}\n`,
  );
  return settings;
}

function build(source: string, scratch: string, binary: string): void {
  mkdirSync(scratch, { recursive: true });
  cpSync(source, scratch, { recursive: true });
  const env = { ...process.env, GOFLAGS: "-mod=mod" };
  const built = spawnSync("go", ["build", "-o", binary, MODULE], { cwd: scratch, env, encoding: "utf8" });
  if (built.status === 0) return;
  throw new Error(
    `the null provider does not build: ${built.error?.message ?? built.stderr.split("\n").slice(-10).join("\n")}`,
  );
}
