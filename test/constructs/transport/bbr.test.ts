import { describe, expect, it } from "vitest";
import { Bbr, BbrHost, Duration, Host, Rate } from "../../../lib";
import { expectHost, synthToFiles } from "../../../lib/testing";
import { labHost, macOf, WAN } from "../../support/lab";

const bbrHost = (props: object) =>
  synthToFiles((stack) => void new BbrHost(stack, "node-0", { ...labHost(0), ...props }));

describe("BbrHost", () => {
  it("runs BBR with fq, on new devices and on those that are there", () => {
    const host = expectHost(bbrHost({}), "node-0");
    host.toHaveModule("tcp_bbr");
    host.toHaveModule("sch_fq");
    host.toHaveSysctl("net.ipv4.tcp_congestion_control", "bbr");
    host.toHaveSysctl("net.core.default_qdisc", "fq");
    host.toHaveQdisc("exp0", "mq-fq");
  });

  it("proves each of it on the machine", () => {
    const host = expectHost(bbrHost({ path: WAN }), "node-0");
    host.toHaveCheck("sysctl", "net.ipv4.tcp_congestion_control", "bbr");
    host.toHaveCheck("sysctl", "net.core.default_qdisc", "fq");
    host.toHaveCheck("qdisc", `mac=${macOf(0)}`, "mq-fq");
    host.toHaveCheck("sysctl", "net.ipv4.tcp_rmem", "4096 131072 67108864");
  });

  it("leaves the qdisc of the control port alone", () => {
    const result = synthToFiles((stack) => {
      const interfaces = [
        { id: "control", control: true, name: "eno1" },
        { id: "exp0", mac: macOf(0) },
      ];
      new BbrHost(stack, "node-0", { interfaces });
    });
    expect(result.hosts.get("node-0")!.qdiscs.map((q) => q.key)).toEqual(["exp0"]);
  });

  it("derives buffers from the path, with the arithmetic as reason", () => {
    const { sysctls } = bbrHost({ path: WAN }).hosts.get("node-0")!;
    const rmem = sysctls.find((s) => s.key === "net.ipv4.tcp_rmem")!;
    expect(rmem.because).toContain("2 × BDP of 10 Gbit/s × 20 ms (25000000 bytes)");
    expect(rmem.source).toContain("ip-sysctl.rst");
  });

  it("leaves buffers alone where the kernel's are enough, and says so", () => {
    const result = bbrHost({ path: { rate: Rate.gbps(1), rtt: Duration.millis(2) } });
    const host = expectHost(result, "node-0");
    host.not.toHaveSysctl("net.ipv4.tcp_rmem");
    host.not.toHaveSysctl("net.ipv4.tcp_wmem");
    host.toHaveNote("TCP buffers are left alone");
  });

  it("leaves buffers alone where no path is given", () => {
    const { sysctls, notes } = bbrHost({}).hosts.get("node-0")!;
    expect(sysctls.map((s) => s.key)).toEqual(["net.core.default_qdisc", "net.ipv4.tcp_congestion_control"]);
    expect(notes).toEqual([]);
  });

  it("keeps the window over idle times only when it is told to", () => {
    const key = "net.ipv4.tcp_slow_start_after_idle";
    expectHost(bbrHost({}), "node-0").not.toHaveSysctl(key);
    const host = expectHost(bbrHost({ keepWindowWhenIdle: true }), "node-0");
    host.toHaveSysctl(key, 0);
    host.toHaveCheck("sysctl", key, "0");
  });

  it("sets nothing that is the kernel's default already", () => {
    const result = bbrHost({ path: WAN });
    expect(result.findings.filter((finding) => finding.code === "NL-034-NOOP")).toEqual([]);
  });

  it("is a host with a feature, so that a host with that feature is the same", () => {
    const one = bbrHost({ path: WAN });
    const other = synthToFiles((stack) => {
      new Bbr(new Host(stack, "node-0", labHost(0)), "Bbr", { path: WAN });
    });
    expect(other.files.get("hosts/node-0/settings.json")).toBe(one.files.get("hosts/node-0/settings.json"));
  });
});
