import { defineProblem } from "../../../errors";

const XML_CHARACTER = defineProblem("NL-XML-CHARACTER", "XML holds no control characters");
const XML_NAME = defineProblem("NL-XML-NAME", "Names of XML elements and attributes are well-formed");

/** An element to be written. Attributes keep their order; an `undefined` value leaves the attribute out. */
export interface XmlNode {
  /** Qualified name as written, e.g. `emulab:jumboframes`. */
  readonly name: string;
  readonly attributes: readonly (readonly [name: string, value: string | undefined])[];
  readonly children: readonly XmlNode[];
}

export function element(
  name: string,
  attributes: Readonly<Record<string, string | undefined>> = {},
  children: readonly XmlNode[] = [],
): XmlNode {
  return { name, attributes: Object.entries(attributes), children };
}

const QUALIFIED_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*(:[A-Za-z_][A-Za-z0-9_.-]*)?$/;
/** Characters that no XML 1.0 document can hold, not even escaped (XML 1.0, production 2). */
const FORBIDDEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  // A reader turns raw line ends and tabs inside attributes into spaces, which would change start-up commands.
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

/** An attribute value without its quotes. Throws `NL-XML-CHARACTER` on what XML cannot carry. */
export function escapeAttribute(value: string): string {
  if (FORBIDDEN.test(value)) {
    throw XML_CHARACTER({
      what: "this text has a control character or half a surrogate pair, which no XML document can hold",
      value,
      allowed: "tab, line end and printable characters",
    });
  }
  return value.replace(/[&<>"\t\n\r]/g, (character) => ESCAPES[character]!);
}

/**
 * A whole document, indented by two spaces, LF, with a final line end. It writes elements and attributes only:
 * a request RSpec has no text content.
 */
export function writeXml(root: XmlNode): string {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>'];
  writeElement(root, "", lines);
  return `${lines.join("\n")}\n`;
}

function writeElement(node: XmlNode, indent: string, lines: string[]): void {
  const start = `${indent}<${checkedName(node.name)}${node.attributes.map(attribute).join("")}`;
  if (node.children.length === 0) {
    lines.push(`${start}/>`);
    return;
  }
  lines.push(`${start}>`);
  for (const child of node.children) writeElement(child, `${indent}  `, lines);
  lines.push(`${indent}</${node.name}>`);
}

function attribute([name, value]: readonly [string, string | undefined]): string {
  return value === undefined ? "" : ` ${checkedName(name)}="${escapeAttribute(value)}"`;
}

function checkedName(name: string): string {
  if (!QUALIFIED_NAME.test(name)) {
    throw XML_NAME({ what: "not an XML element or attribute name", value: name });
  }
  return name;
}
