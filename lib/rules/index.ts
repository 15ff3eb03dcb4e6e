export { ALL_RULES } from "./all";
export {
  asFindings,
  type Finding,
  type FleetModel,
  isFatal,
  type Rule,
  Rules,
  runRules,
  type Severity,
  userRules,
  type Violation,
} from "./engine";
