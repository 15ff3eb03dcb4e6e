import { test } from "node:test";
import { App } from "cdktf";
import { expectHost, expectMesh, expectStack, synthToFiles } from "netloom/testing";
import { LabStack } from "../lab-stack";

const lab = synthToFiles(new LabStack(new App(), "lab"));

test("the stack has no errors", () => {
  expectStack(lab).toHaveNoErrors();
});

test("every host runs BBR with buffers for 1 Gbit/s and 80 ms", () => {
  for (const name of ["node-1", "node-2"]) {
    expectHost(lab, name).toHaveSysctl("net.ipv4.tcp_congestion_control", "bbr");
    expectHost(lab, name).toHaveSysctl("net.ipv4.tcp_rmem", [4096, 131072, 33554432]);
  }
});

test("the segment has one MTU, and it is proved between the hosts", () => {
  expectHost(lab, "node-1").toHaveLink("exp0", { mtu: 9000 });
  expectHost(lab, "node-1").toHaveCheck("path-mtu", "10.10.1.2", 9000);
});

test("tunnels connect the hosts and fit into the segment", () => {
  expectMesh(lab, "lab/mesh").toHaveMtu(8920);
  expectMesh(lab, "lab/mesh").toConnect("node-1", "node-2");
});
