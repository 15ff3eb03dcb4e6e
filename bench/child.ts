import { mkdirSync } from "node:fs";
import type { FleetSpec } from "./fleet";
import type { Sample } from "./measure";

/** What a child process can be told to measure. Each module loads when it is needed, so that start-up is measured alone. */
const SCENARIOS = {
  synth: (spec: FleetSpec, fresh: boolean): Sample => require("./scenarios/synth").synth(spec, fresh),
  emptyApp: (resources: number): Sample => require("./scenarios/empty-app").emptyApp(resources),
  floor: (from: string): Sample => require("./scenarios/floor").floor(from),
  policies: (count: number): Sample => require("./scenarios/policies").policies(count),
  policiesYaml: (count: number): Sample => require("./scenarios/policies").policiesYaml(count),
  manifest: (nodes: number): Sample => require("./scenarios/manifest").manifest(nodes),
  manifestFloor: (): Sample => require("./scenarios/manifest").manifestFloor(),
  printer: (options: number): Sample => require("./scenarios/printer").printer(options),
  printerJson: (options: number): Sample => require("./scenarios/printer").printerJson(options),
  printerFloor: (bytes: number): Sample => require("./scenarios/printer").printerFloor(bytes),
  startUp: (packages: Readonly<Record<string, readonly string[]>>): Sample =>
    require("./scenarios/start-up").startUp(packages),
};

export type Scenarios = typeof SCENARIOS;

const [directory, scenario, ...args] = JSON.parse(process.argv[2]!) as [string, keyof Scenarios, ...unknown[]];
mkdirSync(directory, { recursive: true });
process.chdir(directory);
const sample = (SCENARIOS[scenario] as (...args: unknown[]) => Sample)(...args);
process.stdout.write(`\n${JSON.stringify(sample)}\n`);
