export { bdp } from "./bandwidth-delay-product";
export { Bits, Bytes } from "./data-size";
export { Duration } from "./duration";
export { Mtu } from "./mtu";
export { Rate } from "./rate";
