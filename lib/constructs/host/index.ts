export { Host, type HostProps } from "./host";
export type { IMachine } from "./machine";
export { Platforms as Platform } from "./platform";
