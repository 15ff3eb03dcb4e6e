import { describe, expect, it } from "vitest";
import { BbrHost, Check, Duration, Host, Rate, Target } from "netloom";
import { synthToFiles } from "netloom/testing";
import { explainKey, listSettings, readChecks, readSettings } from "../../lib/cli/commands/explain";
import { style } from "../../lib/cli/style";
import { netloom, project } from "./support";

function filesOf(name: string): { readonly settings: string; readonly verify: string } {
  const { files, errors } = synthToFiles((stack) => {
    const host = new BbrHost(stack, name, {
      interfaces: [{ id: "exp0", mac: "02:00:00:00:00:01", addresses: ["10.10.1.1/24"] }],
      path: { rate: Rate.gbps(10), rtt: Duration.millis(40) },
      target: Target.directory("root"),
    });
    host.check(Check.command({ title: "net.ipv4.tcp_rmem is used", run: "true" }), { because: "asked for" });
  });
  expect(errors).toEqual([]);
  return { settings: files.get(`hosts/${name}/settings.json`)!, verify: files.get(`hosts/${name}/verify`)! };
}

function out(stacks: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(stacks).flatMap(([stack, hosts]) => [
      [
        `cdktf.out/stacks/${stack}/netloom.json`,
        JSON.stringify({ schema: 2, hosts: Object.fromEntries(hosts.map((host) => [host, {}])) }),
      ],
      ...hosts.flatMap((host) => {
        const { settings, verify } = filesOf(host);
        const folder = `cdktf.out/stacks/${stack}/hosts/${host}`;
        return [
          [`${folder}/settings.json`, settings],
          [`${folder}/verify`, verify],
        ];
      }),
    ]),
  );
}

describe("netloom explain", () => {
  it("lists every setting of a host with its value and the construct that set it", async () => {
    const { status, out: text } = await netloom(project(out({ lab: ["node-0"] })), "explain", "node-0");
    expect(status).toBe(0);
    expect(text).toMatch(/^sysctls$/m);
    expect(text).toMatch(/^ {2}net\.ipv4\.tcp_rmem +4096 131072 134217728 +test\/node-0\/Bbr$/m);
    expect(text).toMatch(/^ {2}command net\.ipv4\.tcp_rmem is used - true +local +test\/node-0\/Direct$/m);
  });

  it("tells value, reason, construct and source of one key, and what checks it", async () => {
    const { out: text } = await netloom(project(out({ lab: ["node-0"] })), "explain", "node-0", "net.ipv4.tcp_rmem");
    expect(text).toMatch(/^net\.ipv4\.tcp_rmem = 4096 131072 134217728$/m);
    expect(text).toMatch(/^ {2}because +2 × BDP of 10 Gbit\/s × 40 ms \(50000000 bytes\), as a power of two$/m);
    expect(text).toMatch(/^ {2}by +test\/node-0\/Bbr$/m);
    expect(text).toMatch(/^ {2}source +Linux Documentation/m);
    expect(text).toMatch(/^check sysctl net\.ipv4\.tcp_rmem 4096 131072 134217728$/m);
    expect(text).toMatch(/^check command net\.ipv4\.tcp_rmem is used /m);
  });

  it("finds keys by a part of their name", () => {
    const settings = readSettings(filesOf("node-0").settings);
    expect(explainKey(settings, "congestion", style(false))).toContain("net.ipv4.tcp_congestion_control = bbr");
  });

  it("says that an unset key is left alone, and names keys like it", async () => {
    const ran = await netloom(project(out({ lab: ["node-0"] })), "explain", "node-0", "net.ipv4.tcp_rmen");
    expect(ran.status).toBe(1);
    expect(ran.err).toContain("Netloom leaves it as it is");
    expect(ran.err).toContain("net.ipv4.tcp_rmem");
  });

  it("names hosts like the one that is not there", async () => {
    const ran = await netloom(project(out({ lab: ["node-0", "node-1"] })), "explain", "nod-1");
    expect(ran.status).toBe(1);
    expect(ran.err).toMatch(/fix: {5}node-1/);
  });

  it("asks for the stack when two have a host of that name", async () => {
    const cwd = project(out({ east: ["node-0"], west: ["node-0"] }));
    const ran = await netloom(cwd, "explain", "node-0");
    expect(ran.status).toBe(1);
    expect(ran.err).toContain("fix:     --stack east");
    expect((await netloom(cwd, "explain", "node-0", "--stack", "west")).status).toBe(0);
  });

  it("reads the output directory that cdktf.json names", async () => {
    const files = out({ lab: ["node-0"] });
    const moved = Object.fromEntries(
      Object.entries(files).map(([path, text]) => [path.replace("cdktf.out", "gen"), text]),
    );
    const cwd = project({ ...moved, "cdktf.json": `{"output":"gen"}` });
    expect((await netloom(cwd, "explain", "node-0")).status).toBe(0);
    expect((await netloom(cwd, "explain", "node-0", "--output", "gen")).status).toBe(0);
  });

  it("shows notes and every section that settings.json has", () => {
    const text = JSON.stringify({
      host: "lab/node-0",
      routes: [
        {
          key: "exp0 default 0",
          value: { to: "default", via: "10.0.0.1" },
          by: "a",
          because: "b",
        },
      ],
      notes: [{ text: "tell the switch", by: "a", because: "b" }],
    });
    expect(listSettings(readSettings(text), style(false))).toBe(
      "routes\n  exp0 default 0  to: default, via: 10.0.0.1  a\n\nnotes\n  note  tell the switch  a\n",
    );
  });

  it("reads checks as a shell does, whatever their words contain", () => {
    const { files, errors } = synthToFiles((stack) => {
      const host = new Host(stack, "node-0", {});
      const run = "case $1 in '')\n  echo 'check a local'\n  ;;\nesac";
      host.check(Check.command({ title: "it's", run, phase: "benchmark" }), { because: "a 'b' c", source: "RFC 1" });
    });
    expect(errors).toEqual([]);
    expect(readChecks(files.get("hosts/node-0/verify")!)).toEqual([
      {
        section: "checks",
        key: "command it's - case $1 in '')\n  echo 'check a local'\n  ;;\nesac",
        value: "benchmark",
        by: "test/node-0/Direct",
        because: "a 'b' c [RFC 1]",
      },
    ]);
  });
});
