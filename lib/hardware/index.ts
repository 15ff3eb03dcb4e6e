export type { MachineCpu, MachineNic, MachineTypeProps, PortRole } from "./machine";
export { MachineType } from "./machine-type";
export { type NicModel, type RdmaKind, type RingLimits, speaksRoce } from "./nic-model";
export { nicModel, nicModels } from "./nic-models";
export type { Confidence, Provenance } from "./provenance";
