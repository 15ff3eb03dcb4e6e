import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { nearest } from "../../nearest";
import { type Command, USAGE } from "../command";
import { assertEmpty, assertProjectName, projectFiles, readTemplate, TEMPLATES, type TemplateName } from "../templates";

/** What to do next, in the order in which it is done. */
export function nextSteps(template: TemplateName, directory: string): string {
  const enter =
    directory === ""
      ? []
      : [`cd ${/^[\w./@+-]+$/.test(directory) ? directory : `'${directory.replaceAll("'", "'\\''")}'`}`];
  const steps =
    template === "stack"
      ? ["npm install", "npm test", "npm run synth      # writes cdktf.out/stacks/lab"]
      : ["npm install", "npm test", "npm run build", "npm publish --dry-run"];
  return [...enter, ...steps].map((step) => `  ${step}\n`).join("");
}

function templateNamed(word: string): TemplateName {
  const found = TEMPLATES.find((name) => name === word);
  if (found !== undefined) return found;
  const near = nearest(word, TEMPLATES);
  throw USAGE({
    what: "there is no such template",
    value: word,
    allowed: TEMPLATES.join(", "),
    remedy: `netloom init ${near[0] ?? TEMPLATES[0]}`,
  });
}

export const initCommand: Command = {
  name: "init",
  summary: "start a project: a stack, or a library of constructs of your own",
  words: "stack|construct-library [directory]",
  count: [1, 2],
  details: `Copies a template of this package into a directory that is empty or does not exist yet (default: the current one).
Needs no network; installs nothing.

  stack               hosts, a fabric and a mesh, with tests, ready for cdktf synth
  construct-library   a HostFeature of your own, with tests, ready for npm publish`,
  options: { name: { type: "string", value: "NAME", help: "npm name of the project; default: the directory's name" } },
  run(words, terminal) {
    const [word, place = "."] = words.positionals;
    const template = templateNamed(word!);
    const directory = resolve(terminal.cwd, place);
    const name = words.text["name"] ?? basename(directory);
    const files = readTemplate(template);
    assertProjectName(name, files);
    assertEmpty(directory, place);
    const project = projectFiles(files, name);
    for (const [path, text] of project) {
      const file = join(directory, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text, { flag: "wx" });
    }
    terminal.out(`${terminal.style.good("made")} ${name}: ${project.size} files in ${place}\n\nNext:\n`);
    terminal.out(nextSteps(template, relative(terminal.cwd, directory)));
    return 0;
  },
};
