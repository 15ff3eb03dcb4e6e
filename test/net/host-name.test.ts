import { expect, it } from "vitest";
import { isHiddenAddress } from "../../lib/net/host-name";

it("finds the names that programs take for addresses", () => {
  expect(
    ["8", "10.1", "010.10.1.1", "0x7f000001", "0X7F.1", "256.1.1.1", "10.0.0.08"].filter(isHiddenAddress),
  ).toHaveLength(7);
  expect(["10.10.1.1", "node-0", "node.1", "8a", "0x", "1.2.3.4.5", "fd00::1"].filter(isHiddenAddress)).toEqual([]);
});
