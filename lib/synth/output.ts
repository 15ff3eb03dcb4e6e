import { shipped } from "../agent/shipped";
import { hostPlace, INDEX, sharedPlace } from "../contract";
import { renderFlake } from "../render";
import type { Rule } from "../rules";
import type { CompiledStack } from "./compile";
import { type IndexPlaces, renderIndex } from "./index-file";

/** A file to be written, relative to the stack's folder. */
export interface OutputFile {
  readonly content: string;
  readonly mode: string;
}

/** Everything that one stack writes besides Terraform's files, and the lock file that goes with it. */
export interface StackOutput {
  readonly files: ReadonlyMap<string, OutputFile>;
  readonly lock: string;
}

/** What `netloom rules` shows of the rules that are not Netloom's own; nothing where there are none. */
function rulesJson(rules: readonly Rule[]): string | undefined {
  const own = new Map(rules.filter((rule) => rule.package !== "netloom").map((rule) => [rule.id, rule]));
  if (own.size === 0) return undefined;
  const texts = [...own.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return `${JSON.stringify(texts, ["id", "severity", "title", "why", "source", "remedy", "package"], 2)}\n`;
}

/** Renders the output of a compiled stack. Pure but for reading the shipped programs. */
export function stackOutput(compiled: CompiledStack, places: IndexPlaces): StackOutput {
  const files = new Map<string, OutputFile>();
  for (const [path, file] of compiled.files.entries()) files.set(path, file);
  for (const [path, file] of compiled.shared.entries()) files.set(sharedPlace(path), file);
  for (const host of compiled.hosts) {
    const place = (path: string) => hostPlace(host.resolved.name, path);
    for (const [path, file] of host.generation) {
      if (file.shared === undefined) files.set(place(path), file);
    }
    files.set(place("settings.json"), { content: host.settings, mode: "0644" });
  }
  const rules = rulesJson(compiled.rules);
  if (rules !== undefined) files.set("rules.json", { content: rules, mode: "0644" });
  const nixos = compiled.hosts.filter((host) => host.resolved.platform.kind === "nixos");
  if (nixos.length > 0) files.set("flake.nix", { content: renderFlake(nixos.map((h) => h.resolved)), mode: "0644" });
  if (compiled.hosts.length > 0) {
    const programs = shipped();
    files.set("agent.sh", { content: programs["agent.sh"], mode: "0755" });
    files.set("checks.sh", { content: programs["checks.sh"], mode: "0644" });
    files.set("deploy.cjs", { content: programs["deploy.cjs"], mode: "0644" });
  }
  const common = [...files.keys()].filter((path) => !path.startsWith("hosts/")).sort();
  files.set(INDEX, { content: renderIndex(compiled, places, common), mode: "0644" });
  return { files, lock: compiled.files.lock.render() };
}
