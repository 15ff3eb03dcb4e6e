import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect } from "vitest";
import { portScript } from "../../lib/constructs/rdma/port-script";
import { shipped } from "../../lib/agent/shipped";
import type { CheckResult } from "../../lib/contract";
import { itWith } from "../support/tools";
import { inUml } from "../support/uml";

const directory = mkdtempSync(join(tmpdir(), "netloom-queues-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
writeFileSync(join(directory, "checks.sh"), shipped()["checks.sh"]);
writeFileSync(join(directory, "port"), portScript());

/** A link exp0 of four queues to 10.9.0.2, and a port file for the script that sets queues. */
const PRELUDE = `
check_qdisc() ( # KIND REACHED
  set -- "$@"
  . ${directory}/checks.sh
  checks_begin host --json
  check qdisc local lab/h1/Bbr because name=exp0 "$1" "$2"
  checks_end
)
check_classes() { printf 'selector name=exp0\\n' >/run/exp0.conf; printf 'enters %s\\n' "$@" >>/run/exp0.conf; sh ${directory}/port check classes /run/exp0.conf 10.9.0.2; }
case_is() { echo "=== $1"; }
ip netns add far
ip link add exp0 numtxqueues 4 numrxqueues 4 type veth peer name far0 numtxqueues 4 numrxqueues 4
ip link set far0 netns far
ip addr add 10.9.0.1/24 dev exp0
ip link set exp0 up
ip -n far addr add 10.9.0.2/24 dev far0
ip -n far link set far0 up
`;

/** What each case does, and prints behind its title. All run on one kernel. */
const CASES = {
  "fq on every queue": `
tc qdisc replace dev exp0 root handle 1: mq; for queue in 1 2 3 4; do tc qdisc replace dev exp0 parent 1:$queue fq; done
check_qdisc mq-fq 10.9.0.2`,
  "a neighbour that is not there": "check_qdisc mq-fq 10.9.0.9",
  "a filter in front of the queues": `
tc qdisc add dev exp0 clsact; tc filter add dev exp0 egress matchall action drop
check_qdisc mq-fq 10.9.0.2
tc filter del dev exp0 egress`,
  // Cilium hangs its programs on such a one.
  "filters that let packets through": "check_qdisc mq-fq 10.9.0.2; tc qdisc del dev exp0 clsact",
  "one queue of another kind": "tc qdisc replace dev exp0 parent 1:3 pfifo; check_qdisc mq-fq 10.9.0.2",
  "another route": "ip addr add 10.9.0.1/32 dev lo; check_qdisc mq 127.0.0.2",
  "fq at the root": "tc qdisc replace dev exp0 root fq; check_qdisc mq-fq 10.9.0.2",
  "another root": "check_qdisc pfifo 10.9.0.2",
  "no address to send to": "check_qdisc fq -",
  "no carrier": "ip -n far link set far0 down; check_qdisc mq-fq 10.9.0.2; ip -n far link set far0 up",
  // Without the table of a plan the kernel reads four bits of DSCP: 0 and 4 are the priorities 0 and 6, but 46 is 4.
  classes: `
tc qdisc replace dev exp0 root handle 1: mqprio num_tc 4 map 0 0 0 0 2 0 3 0 0 0 0 0 0 0 0 0 queues 1@0 1@1 1@2 1@3 hw 0
until ping -c 1 -W 1 10.9.0.2 >/dev/null; do :; done
check_classes '0 1:ffe0' '4 1:ffe3'; echo "status $?"`,
  "a class that another one's packets enter": "check_classes '46 1:ffe1' '46 1:ffe2'; echo \"status $?\"",
  "a peer of a later wave": "NETLOOM_LATER='10.9.0.7 10.9.0.2' check_classes '0 1:ffe0'; echo \"status $?\"",
  "no class":
    "printf 'selector name=exp0\\n' >/run/x.conf; sh $PORT check classes /run/x.conf 10.9.0.2; echo \"status $?\"",
} as const;

let outputs: ReadonlyMap<string, string> | undefined;
function outputOf(title: keyof typeof CASES): string {
  outputs ??= new Map(
    inUml(
      [
        `PORT=${directory}/port`,
        PRELUDE,
        ...Object.entries(CASES).flatMap(([name, script]) => [`case_is '${name.replaceAll("'", "'\\''")}'`, script]),
      ].join("\n"),
      { modules: ["veth", "sch_fq", "sch_mqprio", "sch_ingress", "cls_matchall", "act_gact"] },
    )
      .split("=== ")
      .slice(1)
      .map((section) => {
        const end = section.indexOf("\n");
        return [section.slice(0, end), section.slice(end + 1).trim()] as const;
      }),
  );
  return outputs.get(title)!;
}
const resultOf = (title: keyof typeof CASES) => (JSON.parse(outputOf(title)) as { checks: CheckResult[] }).checks[0]!;
const needs = ["linux.uml", "tc", "ip", "ping"];

describe("the check of a queueing discipline", () => {
  itWith(
    needs,
    "sends a packet and sees it in a queue of the kind that is wanted",
    () => {
      expect(resultOf("fq on every queue")).toMatchObject({
        status: "ok",
        wanted: "mq with fq on every queue, which a packet to 10.9.0.2 enters",
        found: expect.stringMatching(/^mq with 4 fq; packets that entered fq: [1-9]/),
      });
      expect(resultOf("fq at the root")).toMatchObject({
        status: "ok",
        found: expect.stringMatching(/^fq; .*: [1-9]/),
      });
    },
    120_000,
  );

  itWith(
    needs,
    "needs no neighbour that answers",
    () => {
      expect(resultOf("a neighbour that is not there")).toMatchObject({ status: "ok" });
    },
    120_000,
  );

  itWith(
    needs,
    "fails when the packet does not get there, although the queues look right",
    () => {
      expect(resultOf("a filter in front of the queues")).toMatchObject({
        status: "fail",
        found: "mq with 4 fq; packets that entered fq: 0",
      });
    },
    120_000,
  );

  itWith(
    needs,
    "fails when one queue or the root is of another kind",
    () => {
      expect(resultOf("one queue of another kind")).toMatchObject({ status: "fail", found: "mq with 3 fq 1 pfifo" });
      expect(resultOf("another root")).toMatchObject({ status: "fail", wanted: "pfifo", found: "fq" });
    },
    120_000,
  );

  itWith(
    needs,
    "says when it could send none",
    () => {
      expect(resultOf("no address to send to").found).toBe("fq");
      expect(resultOf("no carrier").found).toBe("fq; no packet was sent: the link has no carrier");
      expect(resultOf("another route").found).toMatch(/no packet was sent: one to 127\.0\.0\.2 takes: .*dev lo/);
    },
    120_000,
  );
});

describe("the check of a port's classes", () => {
  itWith(
    needs,
    "sees packets of each DSCP in the class of the plan",
    () => {
      expect(outputOf("classes")).toBe("DSCP 0 enters 1:ffe0, DSCP 4 enters 1:ffe3\nstatus 0");
    },
    120_000,
  );

  itWith(
    needs,
    "fails where packets enter another class",
    () => {
      expect(outputOf("a class that another one's packets enter")).toBe(
        "DSCP 46 does not enter 1:ffe1, DSCP 46 enters 1:ffe2\nstatus 1",
      );
    },
    120_000,
  );

  itWith(
    needs,
    "does not fail before its peer is deployed",
    () => {
      expect(outputOf("a peer of a later wave")).toBe("this host comes in a later wave\nstatus 77");
    },
    120_000,
  );

  itWith(
    needs,
    "fails when the port's file names no class",
    () => {
      expect(outputOf("no class")).toBe("no class is named in /run/x.conf\nstatus 1");
    },
    120_000,
  );
});
