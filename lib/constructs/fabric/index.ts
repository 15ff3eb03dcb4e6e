export {
  type AttachOptions,
  type FabricMember,
  JumboFabric,
  type JumboFabricProps,
  type OffSegmentRoute,
} from "./jumbo-fabric";
export type { ILan } from "./lan";
export { choosePort, type PortChoice } from "./port-choice";
