import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeUtf8, readXml } from "../../../lib/constructs/cloudlab/xml/read";
import { element, writeXml } from "../../../lib/constructs/cloudlab/xml/write";
import { problemsOf } from "./support";

const MALFORMED: Readonly<Record<string, string>> = {
  "nothing at all": "",
  "only white space": " \n ",
  "an element that is not closed": "<a><b></b>",
  "a file cut off inside an attribute": "<a x='1",
  "a file cut off inside a tag": "<a><b",
  "two root elements": "<a/><b/>",
  "text before the root": "junk<a/>",
  "text behind the root": "<a/>junk",
  "an attribute given twice": "<a x='1' x='2'/>",
  "one attribute under two prefixes": "<a xmlns:p='u' xmlns:q='u' p:x='1' q:x='2'/>",
  "an attribute without quotes": "<a x=1/>",
  "an attribute without value": "<a x/>",
  "attributes without space between them": "<a x='1'y='2'/>",
  "a bare ampersand in an attribute": "<a x='1&2'/>",
  "a bare ampersand in text": "<a>1 & 2</a>",
  "a < in an attribute": "<a x='<'/>",
  "an unknown entity in text": "<a>&nbsp;</a>",
  "an unknown entity in an attribute": "<a x='&nbsp;'/>",
  "a prefix that is not bound": "<emulab:a/>",
  "a control character": "<a>\u0001</a>",
  "a reference to character 0": "<a>&#0;</a>",
  "]]> in text": "<a>]]></a>",
  "a comment that does not end": "<a/><!-- x",
  "a comment with -- inside": "<a><!-- a -- b --></a>",
  "CDATA that does not end": "<a><![CDATA[ x</a>",
  "tags that cross": "<a><b></a></b>",
  "a name that starts with a digit": "<1a/>",
  "a declaration in the middle": "<a/><?xml version='1.0'?>",
  "another encoding": "<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
  HTML: "<!DOCTYPE html><html><body><br></body></html>",
  "a log-in page": "<html><head><title>Login</title><meta charset=utf-8></head></html>",
};

const LAUGHS = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join("");

const HOSTILE: Readonly<Record<string, string>> = {
  "an entity bomb": `<!DOCTYPE a [<!ENTITY l0 "lol">${LAUGHS}]><a>&l9;</a>`,
  "a quadratic blow-up": `<!DOCTYPE a [<!ENTITY x "${"x".repeat(50_000)}">]><a>${"&x;".repeat(1000)}</a>`,
  "an external entity from a file": `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`,
  "an external entity from the network": `<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:9/x">]><a>&x;</a>`,
  "an external parameter entity": `<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]><a/>`,
  "an external document type": `<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>`,
  "an innocent document type": "<!DOCTYPE a><a/>",
};

describe("reading XML", () => {
  it.each(Object.entries(MALFORMED))("refuses %s with a place and a remedy", (_what, text) => {
    const [problem] = problemsOf(() => readXml(text, "manifest.xml"));
    expect(problem?.code).toBe("NL-XML-READ");
    expect(problem?.what).toContain("manifest.xml cannot be read as XML: ");
    expect(problem?.remedy).toContain("download the file again");
  });

  it.each(Object.entries(HOSTILE))(
    "refuses %s because of its document type, before anything expands",
    (_what, text) => {
      const [problem] = problemsOf(() => readXml(text, "manifest.xml"));
      expect(problem?.what).toMatch(/\d+:\d+: it has a document type/);
    },
  );

  it("refuses what is nested without end", () => {
    const [problem] = problemsOf(() => readXml(`${"<a>".repeat(100_000)}${"</a>".repeat(100_000)}`, "deep.xml"));
    expect(problem?.what).toContain("nested deeper than 64");
  });

  it("refuses bytes that are no UTF-8", () => {
    expect(problemsOf(() => decodeUtf8(Uint8Array.of(0x3c, 0xff, 0xfe), "m.xml"))[0]?.what).toContain("not UTF-8");
  });

  it("takes a byte order mark, CRLF, comments, CDATA and processing instructions", () => {
    const bytes = Buffer.from(
      "\ufeff<?xml version='1.0'?>\r\n<!-- c --><?p x?>\r\n<a>1 &lt; <![CDATA[2 & 3]]></a>\r\n",
    );
    expect(readXml(decodeUtf8(bytes, "m.xml"), "m.xml").text).toBe("1 < 2 & 3");
  });

  it("resolves prefixes, so that it does not matter which one a file uses", () => {
    const root = readXml("<p:a xmlns:p='urn:one' xmlns='urn:two' x='1' p:x='2'><b/></p:a>", "m.xml");
    expect([root.namespace, root.name, root.attributes["x"], root.children[0]?.namespace]).toEqual([
      "urn:one",
      "a",
      "1",
      "urn:two",
    ]);
  });

  it("is not confused by names of object members", () => {
    const root = readXml("<__proto__ constructor='c' __proto__='p' toString='t'/>", "m.xml");
    expect(root.name).toBe("__proto__");
    expect(root.attributes["constructor"]).toBe("c");
    expect(Object.keys(root.attributes).sort()).toEqual(["__proto__", "constructor", "toString"]);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  it("either reads or refuses, whatever it is given", () => {
    const pieces = fc.constantFrom(
      "<",
      ">",
      "/",
      "a",
      "=",
      '"',
      "'",
      "&",
      ";",
      "#x",
      "<!",
      "[",
      "]",
      "--",
      "?",
      " ",
      "\n",
      "<a>",
      "</a>",
      "\ud800",
      "é",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.array(pieces).map((list) => list.join("")),
        ),
        (text) => {
          try {
            readXml(text, "m.xml");
          } catch (error) {
            expect((error as Error).name).toBe("NetloomError");
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("writing XML", () => {
  it("escapes what would end or change an attribute", () => {
    expect(writeXml(element("a", { x: `<&>"'\t\n\r`, y: undefined }))).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>\n<a x="&lt;&amp;&gt;&quot;'&#9;&#10;&#13;"/>\n`,
    );
  });

  it("refuses characters that no XML document can hold", () => {
    for (const bad of ["\u0000", "\u0008", "\u001b[31m", "\uffff", "\ud800", "\udc00x"]) {
      expect(problemsOf(() => writeXml(element("a", { x: bad })))[0]?.code).toBe("NL-XML-CHARACTER");
    }
  });

  it("refuses names that are no names", () => {
    for (const bad of ["", "a b", "1a", "a:b:c", "a>", "é"]) {
      expect(problemsOf(() => writeXml(element(bad)))[0]?.code).toBe("NL-XML-NAME");
      expect(problemsOf(() => writeXml(element("a", { [bad]: "" })))[0]?.code).toBe("NL-XML-NAME");
    }
  });

  it("gives every value back when it is read", () => {
    const text = fc
      .string({ unit: "binary" })
      .filter((value) => !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(value));
    fc.assert(
      fc.property(text, text, (x, y) => {
        const back = readXml(writeXml(element("a", { x }, [element("b", { y })])), "m.xml");
        expect([back.attributes["x"], back.children[0]?.attributes["y"]]).toEqual([x, y]);
      }),
    );
  });
});
