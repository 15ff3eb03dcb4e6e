export { ALL_RULES } from "./all";
export {
  addedRules,
  asFindings,
  type Finding,
  type FleetModel,
  isFatal,
  type Rule,
  type RuleText,
  Rules,
  runRules,
  type Violation,
} from "./engine";
