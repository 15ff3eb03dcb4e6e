import { join } from "node:path";
import fc from "fast-check";
import { Host, Target as Place } from "../../lib";
import { printYamlDocuments } from "../../lib/constructs/cilium/yaml";
import { pythonDocstring, pythonLiteral, type PythonValue } from "../../lib/constructs/cloudlab/request/python";
import { element, escapeAttribute, writeXml } from "../../lib/constructs/cloudlab/xml/write";
import { print, toNix } from "../../lib/nix-ts-builder";
import { synthToFiles } from "../../lib/testing";
import { line, text } from "./input";
import { ask, differs, put } from "./reader";
import { accepted, each, type Target } from "./target";

const wellFormed = (value: string) => Buffer.from(value).toString() === value;

const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: "small" },
    text.filter(wellFormed),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("tree"), { maxLength: 4 }),
    fc.dictionary(
      text.filter((key) => wellFormed(key) && key !== "__proto__"),
      tie("tree"),
      { maxKeys: 4 },
    ),
  ),
}));

const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : value !== null && typeof value === "object"
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, item]) => [key, sorted(item)]),
        )
      : value;

const yamlTarget: Target<unknown, unknown> = {
  name: "YAML, read by PyYAML",
  tools: ["python3"],
  batch: 500,
  input: tree,
  write: each((value) => accepted(() => printYamlDocuments([{ value: value as never }]))),
  read(written) {
    const code =
      "import json,sys,yaml\nfor t in json.load(sys.stdin):\n try: print(json.dumps(list(yaml.safe_load_all(t))))\n except Exception as e: print(json.dumps({'error': str(e)}))";
    const answers = ask("python3", ["-c", code], JSON.stringify(written.map(({ output }) => output))).split("\n");
    return written.map(({ input }, i) => differs(sorted(JSON.parse(answers[i]!)), [{ value: sorted(input) }]));
  },
};

const xmlTarget: Target<string, string> = {
  name: "XML, read by xmllint and ElementTree",
  tools: ["xmllint", "python3"],
  batch: 500,
  input: text,
  write: each((value) => (accepted(() => escapeAttribute(value)) === undefined ? undefined : value)),
  read(written, directory) {
    const document = writeXml(
      element(
        "all",
        {},
        written.map(({ output }) => element("one", { value: output })),
      ),
    );
    const place = put(directory, "all.xml", document);
    const said = ask("xmllint", ["--noout", "--nonet", place]);
    const code =
      "import json,sys,xml.etree.ElementTree as E\nprint(json.dumps([e.get('value') for e in E.parse(sys.argv[1]).getroot()]))";
    const values = said === "" ? (JSON.parse(ask("python3", ["-c", code, place])) as string[]) : [];
    return written.map(({ input }, i) => (said === "" ? differs(values[i], input) : said.slice(0, 300)));
  },
};

const nixTarget: Target<unknown, string> = {
  name: "Nix values, read by nix-instantiate",
  tools: ["nix-instantiate"],
  batch: 500,
  input: tree.filter((value) => !JSON.stringify(value).includes("\\u0000")),
  write: each((value) => accepted(() => print(toNix(value as never)))),
  read(written) {
    const list = `[\n${written.map(({ output }) => `(\n${output}\n)`).join("\n")}\n]`;
    const flags = ["--store", "dummy://", "--option", "restrict-eval", "true", "--eval", "--strict", "--json", "-"];
    const values = JSON.parse(ask("nix-instantiate", flags, list)) as unknown[];
    return written.map(({ input }, i) => differs(sorted(values[i]), sorted(input)));
  },
};

interface PythonTexts {
  readonly value: unknown;
  readonly description: string;
}

/** With `undefined`, which becomes None, where JSON has null. */
function withNone(value: unknown): PythonValue {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map(withNone);
  if (typeof value !== "object") return value as PythonValue;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withNone(item)]));
}

const pythonTarget: Target<PythonTexts, readonly [literal: string, docstring: string]> = {
  name: "literals and texts of CloudLab profiles, read by Python",
  tools: ["python3"],
  batch: 500,
  input: fc.record({ value: tree, description: text }),
  write: each(({ value, description }) => [pythonLiteral(withNone(value)), `"""${pythonDocstring(description)}\n"""`]),
  read(written) {
    const code =
      "import ast,json,sys\nfor pair in json.load(sys.stdin):\n try: print(json.dumps([ast.literal_eval(t) for t in pair]))\n except Exception as e: print(json.dumps({'error': str(e)}))";
    const answers = ask("python3", ["-c", code], JSON.stringify(written.map(({ output }) => output))).split("\n");
    return written.map(({ input: { value, description } }, i) =>
      differs(sorted(JSON.parse(answers[i]!)), [sorted(value), `${description.replace(/\r\n?/g, "\n")}\n`]),
    );
  },
};

interface Rostered {
  readonly roster: string;
  readonly name: string;
}

const terraformTarget: Target<string, Rostered> = {
  name: "strings of the Terraform configuration, read by terraform",
  tools: ["terraform"],
  batch: 1000,
  input: line.map((name) => `roots/${name}`),
  write(paths) {
    // Two hosts cannot be in one directory, and a path is cut of what it does not need.
    const targets = paths.map((path, i) => accepted(() => Place.directory(path.replace("/", `/${i}-`))));
    const { tf, errors } = synthToFiles((stack) => {
      targets.forEach((target, i) => {
        if (target !== undefined) new Host(stack, `n${i}`, { interfaces: [], target });
      });
    });
    if (errors.length > 0) throw new Error(errors[0]);
    const rosters = Object.values(tf.resource?.["null_resource"] ?? {}).flatMap((resource) => {
      const triggers = resource["triggers"] as Readonly<Record<string, string>> | undefined;
      return triggers?.["hosts"] ?? [];
    });
    return targets.map((target, i) => (target === undefined ? undefined : { roster: rosters[0]!, name: `n${i}` }));
  },
  read(written, directory) {
    const rosters = [...new Set(written.map(({ output }) => output.roster))];
    const output = Object.fromEntries(rosters.map((value, i) => [`o${i}`, { value }]));
    put(directory, "main.tf.json", JSON.stringify({ output }));
    const env = { TF_CLI_CONFIG_FILE: "/dev/null", CHECKPOINT_DISABLE: "1", TF_DATA_DIR: join(directory, "data") };
    const terraform = (...words: string[]) => ask("terraform", [`-chdir=${directory}`, ...words], "", env);
    const said = terraform("init", "-no-color") + terraform("apply", "-auto-approve", "-no-color");
    if (!said.includes("Apply complete")) return written.map(() => said.slice(-500));
    const values = JSON.parse(terraform("output", "-json")) as Record<string, { value: string }>;
    const read = new Map(rosters.map((roster, i) => [roster, JSON.parse(values[`o${i}`]!.value)]));
    return written.map(({ input, output: { roster, name } }) => {
      const { path } = read.get(roster)[name] as { path: string };
      return differs(path, input.replace("/", `/${name.slice(1)}-`));
    });
  },
};

export const DATA_TARGETS = [yamlTarget, xmlTarget, nixTarget, pythonTarget, terraformTarget];
