import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ruleCatalogue } from "../../lib/cli/commands/rules";
import { columns, style, wantsColour } from "../../lib/cli/style";
import { netloom, project } from "./support";

describe("the netloom program", () => {
  it("prints the version of the package", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect(await netloom(".", "--version")).toEqual({ status: 0, out: `${version}\n`, err: "" });
  });

  it("lists its commands when asked for help, and as an error when called without words", async () => {
    const asked = await netloom(".", "--help");
    const bare = await netloom(".");
    expect(asked.status).toBe(0);
    for (const name of ["init", "rules", "explain", "verify", "status", "keys"])
      expect(asked.out).toContain(`  ${name} `);
    expect(bare).toEqual({ status: 2, out: "", err: asked.out });
  });

  it.each(["init", "rules", "explain", "verify", "status", "keys"])("explains the options of %s", async (name) => {
    const help = await netloom(".", name, "--help");
    expect(help.status).toBe(0);
    expect(help.out).toMatch(new RegExp(`^netloom ${name}`));
    expect(help.out).toContain("--help");
    expect(await netloom(".", "help", name)).toEqual(help);
  });

  it("names the nearest command when the word is misspelled", async () => {
    const ran = await netloom(".", "verfy");
    expect(ran.status).toBe(2);
    expect(ran.err).toContain("there is no such command");
    expect(ran.err).toContain("fix:     netloom verify");
  });

  it("names the nearest option when the option is misspelled", async () => {
    const ran = await netloom(".", "verify", "--phse", "local");
    expect(ran.status).toBe(2);
    expect(ran.err).toContain("fix:     --phase");
  });

  it("says how a command is written when words are missing or too many", async () => {
    expect((await netloom(".", "explain")).err).toContain("allowed: netloom explain <host> [key]");
    expect((await netloom(".", "rules", "a", "b")).status).toBe(2);
  });
});

describe("colour", () => {
  it("is for terminals, unless the user says otherwise", () => {
    expect(wantsColour({}, true)).toBe(true);
    expect(wantsColour({}, false)).toBe(false);
    expect(wantsColour({ NO_COLOR: "1" }, true)).toBe(false);
    expect(wantsColour({ FORCE_COLOR: "1" }, false)).toBe(true);
    expect(wantsColour({ FORCE_COLOR: "0" }, true)).toBe(false);
  });

  it("leaves text alone when it is off", () => {
    expect(style(false).bad("x")).toBe("x");
    expect(style(true).strong("x")).toBe("\u001b[1mx\u001b[22m");
  });
});

describe("columns", () => {
  it("line up, and end without blanks", () => {
    expect(
      columns([
        ["a", "bb", "c"],
        ["aaa", "b", ""],
      ]),
    ).toBe("a    bb  c\naaa  b\n");
  });
});

describe("netloom rules", () => {
  it("lists every rule with its severity", async () => {
    const { stack, cloudlab, clusters, constructs } = await ruleCatalogue();
    const rules = [...stack, ...cloudlab, ...clusters, ...constructs];
    const { out, status } = await netloom(".", "rules");
    expect(status).toBe(0);
    expect(out.trimEnd().split("\n")).toHaveLength(rules.length);
    for (const rule of rules) expect(out).toMatch(new RegExp(`^${rule.id} +${rule.severity} +\\S`, "m"));
  });

  it("explains one, whatever the case of its id", async () => {
    const { out } = await netloom(".", "rules", "nl-011");
    expect(out).toContain("NL-011: Jumbo frames only where cards and switches carry them");
    expect(out).toMatch(/^ {2}severity +error: stops the synthesis$/m);
    expect(out).toMatch(/^ {2}accept +Rules\.acknowledge\(construct, "NL-011", "because …"\)$/m);
  });

  it("names the variants of an id, and nothing where no rule is like it", async () => {
    expect((await netloom(".", "rules", "NL-02")).err).toContain("netloom rules NL-025-SLOW");
    const none = await netloom(".", "rules", "NL-999");
    expect(none.status).toBe(1);
    expect(none.err).toContain("fix:     netloom rules\n");
  });

  it("says how to fix it, and what cannot be accepted", async () => {
    expect((await netloom(".", "rules", "NL-CILIUM-S02")).out).toMatch(/^ {2}fix +Encryption\.wireguard\(\)/m);
    expect((await netloom(".", "rules", "NL-007")).out).toMatch(/^ {2}accept +cannot be accepted/m);
  });

  it("explains what is malformed, which cannot be accepted", async () => {
    const { out } = await netloom(".", "rules", "NL-CIDR");
    expect(out).toContain("NL-CIDR: A network is an address without host bits and a prefix length");
    expect(out).toMatch(/^ {2}accept +cannot be accepted/m);
  });

  it("lists and explains what the packages of the app added, where it was synthesized", async () => {
    const rules = [{ id: "NL-ACME-FEED", severity: "error", title: "A feed", why: "it trips", package: "acme-power" }];
    const at = project({
      "cdktf.out/stacks/lab/netloom.json": "{}",
      "cdktf.out/stacks/lab/rules.json": JSON.stringify(rules),
      "cdktf.out/stacks/other/netloom.json": "{}",
    });
    expect((await netloom(at, "rules")).out).toMatch(/^NL-ACME-FEED +error +A feed$/m);
    expect((await netloom(at, "rules", "--stack", "other")).out).not.toContain("NL-ACME-FEED");
    expect((await netloom(at, "rules", "--stack", "lap")).err).toContain("there is no such stack");
    const { out } = await netloom(at, "rules", "nl-acme-feed", "--stack", "lab");
    expect(out).toMatch(/^ {2}why +it trips\n {2}package +acme-power\n {2}accept +Rules\.acknowledge/m);
    expect((await netloom(project(), "rules", "nl-acme-feed")).err).toContain("no rule has this id");
  });

  it("prints the page of the documentation", async () => {
    const { out } = await netloom(".", "rules", "--markdown");
    expect(readFileSync("docs/rules.md", "utf8")).toBe(out);
  });
});

describe("commands that read the output", () => {
  it("say what to do when nothing was synthesized", async () => {
    for (const command of [["explain", "node-0"], ["verify"], ["status"]]) {
      const ran = await netloom(project(), ...command);
      expect(ran.status).toBe(1);
      expect(ran.err).toContain("no synthesized stack is here");
      expect(ran.err).toContain("cdktf synth");
    }
  });
});
