export { Host, type HostProps } from "./host";
export type { IMachine, Testbed } from "./machine";
export { Platform } from "./platform";
