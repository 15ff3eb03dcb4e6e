import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { type Ended, Fleet, stackProgram } from "../faults/fleet";
import { observe } from "../faults/observe";
import { Cases, expect, expectEqual, expectSameLines, onHost, REPOSITORY } from "./harness";
import { hostState } from "./host-state";

/**
 * Runs inside the lab: upgrade.ts PROJECT, where PROJECT has an earlier package installed. Hosts that it deployed are
 * taken over, changed and withdrawn by the code of this checkout.
 */
const cases = new Cases("upgrade");
const fleet = new Fleet("terraform_data", "host");
const [first, second, third] = ["h1", "h2", "h3"] as const;
/** Of routes to what lies behind WireGuard peers: it was BGP's, and is one that nobody else uses. */
const [BGP, OURS] = ["186", "116"];

const project = process.argv[2]!;
const now = stackProgram(join(REPOSITORY, "test/faults/stack.ts"));
const earlier = stackProgram(join(project, "stack.ts"), join(project, "tsconfig.json"));
copyFileSync(join(REPOSITORY, "test/faults/stack.ts"), join(project, "stack.ts"));

const routes = (host: string, protocol: string) => onHost(host, "ip", "-4", "route", "show", "proto", protocol);
const expectDone = (ran: Ended) => expect(ran.code === 0, ran.output.split("\n").slice(-60).join("\n"));

async function deploy(program: readonly string[], variant: "a" | "b", hosts: readonly string[]): Promise<Ended> {
  await fleet.synthesize(variant, program, hosts);
  await fleet.must("terraform", ["init", "-input=false"]);
  return fleet.apply().done;
}

async function takeOver(before: ReadonlyMap<string, string>): Promise<void> {
  await cases.run("the earlier package deploys three hosts in its own way", async () => {
    expectDone(await deploy(earlier, "a", [first, second, third]));
    for (const host of [first, second, third]) {
      expect(
        onHost(host, "sh", "/var/lib/netloom/agent", "status").startsWith('{"agent":1,'),
        `${host}: its agent is not the earlier one`,
      );
      expect(routes(host, BGP) !== "", `${host} has no route with the earlier protocol number`);
    }
  });
  const earlierLook = observe(first);
  await cases.run("the new code takes them over, with a host that leaves in the same deploy", async () => {
    expectDone(await deploy(now, "a", [first, second]));
    for (const host of [first, second]) {
      expect(
        !onHost(host, "sh", "/var/lib/netloom/agent", "status").startsWith('{"agent":1,'),
        `${host}: its agent is still the earlier one`,
      );
      expectEqual(routes(host, BGP), "", `${host}: routes with the earlier protocol number`);
      expect(routes(host, OURS) !== "", `${host} has no route with our protocol number`);
    }
    expectSameLines(hostState(third), before.get(third)!, third);
  });
  await cases.run("what the user asked for is as the earlier package left it", () => {
    const look = observe(first);
    for (const kind of ["mtu", "addresses", "sysctls", "file contents"])
      expectEqual(look[kind]!, earlierLook[kind]!, `${first}: ${kind}`);
  });
  await cases.run("the deploy after it is empty", async () => {
    expectEqual(await fleet.plan(), "no changes", "terraform plan");
  });
  await cases.run("it changes them", async () => {
    expectDone(await deploy(now, "b", [first, second]));
    for (const host of [first, second]) {
      expectEqual(onHost(host, "cat", "/sys/class/net/eth0/mtu"), "8000", `${host}: MTU`);
      expectEqual(onHost(host, "cat", "/etc/netloom-faults/linked.conf"), "variant b", `${host}: a file`);
      expect(/^10\.90\.2\.0\/24 /.test(routes(host, OURS)), `${host}: ${routes(host, OURS)}`);
    }
  });
  await cases.run("a runner that is older than the agent of a host is refused in words", async () => {
    onHost(second, "sed", "-i", "s/^AGENT_VERSION=.*/AGENT_VERSION=99/", "/var/lib/netloom/agent");
    const ran = await deploy(now, "a", [first, second]);
    expect(ran.code !== 0 && /newer/i.test(ran.output) && /upgrade Netloom/i.test(ran.output), ran.output);
    for (const host of [first, second])
      expectEqual(onHost(host, "cat", "/sys/class/net/eth0/mtu"), "8000", `${host}: MTU`);
    onHost(second, "sed", "-i", "s/^AGENT_VERSION=.*/AGENT_VERSION=1/", "/var/lib/netloom/agent");
    expectDone(await deploy(now, "a", [first, second]));
  });
  await cases.run("destroy leaves the hosts as they were before the earlier package", async () => {
    expectDone(await fleet.destroy().done);
    for (const host of [first, second, third]) expectSameLines(hostState(host), before.get(host)!, host);
  });
}

async function destroyOnly(before: ReadonlyMap<string, string>): Promise<void> {
  await cases.run(
    "hosts of the earlier package that the new code has never deployed to are withdrawn by it",
    async () => {
      expectDone(await deploy(earlier, "a", [first, second]));
      await fleet.synthesize("a", now, [first, second]);
      expectDone(await fleet.destroy().done);
      for (const host of [first, second]) expectSameLines(hostState(host), before.get(host)!, host);
    },
  );
}

async function main(): Promise<void> {
  const before = new Map([first, second, third].map((host) => [host, hostState(host)]));
  await takeOver(before);
  if (cases.failed === 0) await destroyOnly(before);
  console.log(`tally ${cases.passed} ${cases.failed}`);
  process.exit(cases.failed === 0 ? 0 : 1);
}

void main();
