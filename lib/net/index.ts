export { AddressPool, type AddressPoolProps } from "./address-pool";
export { Cidr } from "./cidr";
export { InterfaceAddress } from "./interface-address";
export { IpAddress, type IpFamily } from "./ip-address";
export { MacAddress } from "./mac-address";
export { type CidrOverlap, findOverlaps } from "./overlap";
