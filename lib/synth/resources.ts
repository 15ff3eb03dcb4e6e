import type { Construct } from "constructs";
import type { AppliedResource, ApplierSpec } from "./applier";
import { lazyText, literal } from "./cdktf";
import type { RegisteredHost } from "./compile";
import { sha256 } from "../render";

/** The runner lies in the stack's folder, which is where Terraform runs. */
const RUNNER = "node deploy.cjs";

/**
 * The resource of one host. Creating it stages the host's generation, which changes nothing that is live.
 * Destroying it withdraws that generation, if it is still the one that the host is meant to have: the old
 * resource is destroyed after the new one was made, so a replacement withdraws nothing.
 */
export function hostResource(applier: ApplierSpec, entry: RegisteredHost, digest: () => string): AppliedResource {
  const { host, window } = entry;
  const environment = (extra: Record<string, string>) => ({ NETLOOM_OWNER: "${self.id}", ...extra });
  return applier.create(host as Construct, "Apply", {
    createBeforeDestroy: true,
    triggers: {
      digest: lazyDigest(digest),
      host: host.hostName,
      target: literal(JSON.stringify(entry.target)),
      window: String(window),
    },
    provisioners: [
      {
        type: "local-exec",
        command: `${RUNNER} stage "$NETLOOM_HOST"`,
        environment: environment({ NETLOOM_HOST: host.hostName }),
      },
      {
        type: "local-exec",
        when: "destroy",
        command: `${RUNNER} withdraw`,
        environment: environment({
          NETLOOM_HOST: applier.trigger("host"),
          NETLOOM_TARGET: applier.trigger("target"),
          NETLOOM_DIGEST: applier.trigger("digest"),
          NETLOOM_WINDOW: applier.trigger("window"),
        }),
      },
    ],
  });
}

/** The resource of one wave: arms, activates, proves and confirms all its hosts, or none. */
export function waveResource(
  applier: ApplierSpec,
  scope: Construct,
  wave: string,
  digests: () => readonly string[],
): AppliedResource {
  return applier.create(scope, `Commit-${wave}`, {
    createBeforeDestroy: false,
    triggers: { digests: lazyDigest(() => sha256([...digests()].sort().join("\n"))) },
    provisioners: [{ type: "local-exec", command: `${RUNNER} commit ${wave}` }],
  });
}

/** cdktf resolves everything once only to look for references; compiling for that would double the work. */
function lazyDigest(produce: () => string): string {
  return lazyText((context) => (context.preparing ? "pending" : produce()));
}
