import { describe, expect, it } from "vitest";
import { nix, print } from "../../../lib/nix-ts-builder";
import { extraConfig, splitSection } from "../../../lib/render/nixos-options";

const LINK = ["systemd", "network", "links", "*", "linkConfig"];
const ROUTE = ["systemd", "network", "networks", "*", "routes", "*"];

describe("splitting a networkd section between options and text", () => {
  it("keeps what NixOS lets through, and leaves over what only systemd reads", () => {
    const section = { MTUBytes: 9000, RxBufferSize: "max", RxFlowControl: true };
    const values = { ...section, MTUBytes: "9000" };
    expect(splitSection(LINK, values, section, "26.05")).toEqual({
      fits: { MTUBytes: "9000", RxFlowControl: true },
      rest: { RxBufferSize: "max" },
    });
    expect(splitSection(LINK, values, section, "24.11").rest).toEqual({ RxBufferSize: "max", RxFlowControl: true });
  });

  it("knows routes that name a congestion control", () => {
    const route = { Destination: "10.0.0.0/8", TCPCongestionControlAlgorithm: "bbr" };
    expect(splitSection(ROUTE, route, route, "25.05").rest).toEqual({ TCPCongestionControlAlgorithm: "bbr" });
    expect(splitSection(ROUTE, route, route, "26.05").rest).toEqual({});
    expect(splitSection(ROUTE, { Nexthop: "x" }, { Nexthop: "x" }, "26.05").rest).toEqual({ Nexthop: "x" });
  });

  it("writes what is left over as text in systemd's form", () => {
    expect(print(nix.attrs(extraConfig([["Link", { RxBufferSize: "max", RxFlowControl: true }]])))).toBe(
      "{\n  extraConfig = ''\n    [Link]\n    RxBufferSize=max\n    RxFlowControl=yes\n  '';\n}\n",
    );
    expect(extraConfig([["Link", {}]])).toEqual({});
  });
});
