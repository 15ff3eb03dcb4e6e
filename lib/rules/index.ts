export { ALL_RULES } from "./all";
export {
  type Finding,
  type FleetModel,
  isFatal,
  type Rule,
  Rules,
  runRules,
  type Severity,
  userRules,
  type Violation,
  withAcknowledgements,
} from "./engine";
