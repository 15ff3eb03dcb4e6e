import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EXPLAINED } from "./explained";
import { compareStates, explainedList, judge, readState, tell } from "./state";
import { outcomeTable } from "./table";

const state = (text: string) => readState(`${text}\n== end`);

describe("the record of a machine", () => {
  it("is read by sections", () => {
    expect([...state("== link\nlo\nens3\n\n== rule\n0: all")]).toEqual([
      ["link", ["lo", "ens3"]],
      ["rule", ["0: all"]],
      ["end", []],
    ]);
  });

  it("is refused when it was cut off, which would hide what is missing", () => {
    expect(() => readState("== link\nlo")).toThrow("the record of the machine is not complete:\n== link\nlo");
  });

  it("equals itself", () => {
    const once = state("== link\nlo\nens3");
    expect(compareStates(once, once)).toEqual([]);
  });

  it("differs by what went and what came, counted", () => {
    const differences = compareStates(state("== nft\na\nb\n}\n}"), state("== nft\nb\n}\nc\n== new\nx"));
    expect(differences.map(tell)).toEqual(["nft: - a", "nft: - }", "nft: + c", "new: + x"]);
  });

  it("loses a whole section visibly", () => {
    expect(compareStates(state("== ufw\nactive"), state("")).map(tell)).toEqual(["ufw: - active"]);
  });
});

describe("an explanation", () => {
  const explained = [{ section: "modules", difference: /^\+ tcp_bbr$/, reason: "modules stay" }];

  it("covers its own section and sign only", () => {
    const before = state("== modules\nnft\ntcp_bbr\n== files\n");
    const after = state("== modules\nnft\n== files\ntcp_bbr");
    const { unexplained, used } = judge(compareStates(before, after), explained);
    expect(unexplained.map(tell)).toEqual(["modules: - tcp_bbr", "files: + tcp_bbr"]);
    expect(used).toEqual([]);
  });

  it("is counted as used where it covers something", () => {
    const { unexplained, used } = judge(compareStates(state("== modules"), state("== modules\ntcp_bbr")), explained);
    expect(unexplained).toEqual([]);
    expect(used).toEqual(explained);
  });

  it("is bound to whole facts, in a section that the record has", () => {
    const record = readFileSync(join(__dirname, "state.sh"), "utf8");
    for (const { section, difference, reason } of EXPLAINED) {
      expect(record).toMatch(new RegExp(`section ${section}$`, "m"));
      expect(difference.source).toMatch(/^\^(\\\+|-|\[-\+\]) /);
      expect(reason).not.toBe("");
    }
  });
});

describe("the list of explained differences", () => {
  it("is the one in docs/reliability.md", () => {
    const page = readFileSync(join(__dirname, "../../docs/reliability.md"), "utf8");
    const [, listed] =
      /<!-- explained differences -->\n([\s\S]*)<!-- end of explained differences -->/.exec(page) ?? [];
    expect(listed).toBe(`${explainedList(EXPLAINED)}\n`);
  });
});

describe("the table", () => {
  it("counts what is wrong, and shows what was not run", () => {
    const outcomes = [
      { step: "deploy", machine: "a", faults: [], seconds: 3 },
      { step: "deploy", machine: "b", faults: ["x", "y"], seconds: 3 },
      { step: "destroy", machine: "a", faults: [], seconds: 1 },
    ];
    expect(outcomeTable(outcomes)).toBe(
      "| step | a | b |\n| --- | --- | --- |\n| deploy | ok | **2 wrong** |\n| destroy | ok | not run |",
    );
  });
});
