export { Host, type HostProps } from "./host";
export type { IMachine } from "./machine";
export { Platform } from "./platform";
