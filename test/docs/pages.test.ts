import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as fabricFacts from "../../lib/host/fabric-port";
import * as networkFacts from "../../lib/host/network-facts";
import { settingLists } from "../../lib/render/settings";
import { hostThat } from "../render/support";
import { pages, pageText } from "./markdown";

const CONSTRUCTS = pages().filter((page) => page.startsWith("docs/constructs/"));
const CATALOGUE = readFileSync("docs/rules.md", "utf8");

describe("the page of the output", () => {
  const [, section] = pageText("docs/output.md").split("\n## settings.json\n");

  it("names the lists of settings.json, which are the kinds of setting that a host has", () => {
    const named = [...section!.matchAll(/^\| `(\w+)` \|/gm)].map(([, list]) => list!);
    expect(named.length).toBeGreaterThan(15);
    expect([...named, "notes"]).toEqual(Object.keys(settingLists(hostThat(() => {}))));
  });

  it("names the facts that Netloom states", () => {
    const [, named] = /by its name \(((?:`[\w-]+`(?:, )?)+)/.exec(section!)!;
    expect(named!.match(/[\w-]+/g)).toEqual(
      Object.values({ ...fabricFacts, ...networkFacts })
        .map(({ name }) => name)
        .sort(),
    );
  });
});

describe("the page of a construct", () => {
  it("is there for each of them", () => expect(CONSTRUCTS.length).toBeGreaterThanOrEqual(9));

  it.each(CONSTRUCTS)("shows an example and says which messages it answers with: %s", (page) => {
    const text = pageText(page);
    expect(text).toContain("```ts\n");
    const [, errors] = text.split("\n## Errors\n");
    expect(errors, "a section of errors").toBeDefined();
    const table = errors!.split("\n## ")[0]!;
    expect(table.match(/^\| `NL-.+$/gm)?.length).toBeGreaterThan(2);
  });

  it.each(CONSTRUCTS)("names no message that does not exist: %s", (page) => {
    const ids = [...pageText(page).matchAll(/`(NL-[A-Z0-9-]*[A-Z0-9])`/g)].map((match) => match[1]!);
    expect(ids.filter((id) => !CATALOGUE.includes(`\`${id}\``))).toEqual([]);
  });
});
