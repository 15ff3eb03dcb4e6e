export { Bbr, type BbrProps, type TransportPath } from "./bbr";
export { BbrHost, type BbrHostProps } from "./bbr-host";
