export {
  type MachineCpu,
  type MachineNic,
  MachineType,
  type MachineTypeProps,
  type PortRole,
} from "./machine-type";
export { type NicModel, nicModel, nicModels, type RdmaKind, type RingLimits, speaksRoce } from "./nic-model";
export type { Confidence, Provenance } from "./provenance";
