import { at } from "../../errors";
import { InterfaceAddress } from "../../net";
import { defineKind, type OnInterface } from "./kind";

export const ADDRESS = defineKind({
  noun: "address",
  record({ origin, port }, interfaceId: string, cidr: string | InterfaceAddress) {
    port(interfaceId);
    const settings = at(origin, () => InterfaceAddress.parse(cidr).toString());
    const address: OnInterface<string> = { interface: interfaceId, settings };
    return [[`${interfaceId} ${settings}`, address]];
  },
  effect: () => "open connections",
  show: ({ settings }) => settings,
});
