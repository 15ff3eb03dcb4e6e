import { SaxesParser } from "saxes";
import { defineProblem } from "../../../errors";

const NOT_XML = defineProblem("NL-XML-READ", "An XML document is well-formed");

/** An element as it was read; names are resolved to namespace and local name, so prefixes do not matter. */
export interface XmlElement {
  readonly namespace: string;
  readonly name: string;
  /** Attributes without a namespace, by name. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Character data directly inside the element, trimmed. */
  readonly text: string;
  /** Line of the start tag, counted from 1. */
  readonly line: number;
}

/** More than any portal hands out (a 5,000 node manifest has about 10 MiB), and still read within seconds. */
const LARGEST_DOCUMENT = 32 * 1024 * 1024;
/** RSpecs are at most six levels deep. */
const DEEPEST = 64;

const HALF_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

interface OpenElement extends XmlElement {
  readonly children: OpenElement[];
  text: string;
}

/**
 * Reads one XML document strictly: well-formed, namespace-aware, and without a document type, so that no entity
 * can expand and no address can be fetched; there is no code here that opens a file or a connection.
 * Throws `NL-XML-READ` with the line and column of the first thing that is wrong.
 *
 * @param text the document
 * @param source what to call it in errors, e.g. the file name
 */
export function readXml(text: string, source: string): XmlElement {
  if (text.length > LARGEST_DOCUMENT) {
    refuse(source, `it has ${text.length} characters`, `at most ${LARGEST_DOCUMENT}`);
  }
  if (HALF_SURROGATE.test(text)) refuse(source, "it has half a surrogate pair, which is no character");
  const parser = new SaxesParser({ xmlns: true, position: true });
  const open: OpenElement[] = [];
  let root: XmlElement | undefined;

  parser.on("error", (error) => refuse(source, error.message.replace(/^[^:]*:(?=\d+:\d+:)/, "")));
  parser.on("xmldecl", ({ encoding }) => {
    if (encoding !== undefined && !/^(utf-8|us-ascii)$/i.test(encoding)) {
      refuse(source, `it declares the encoding ${encoding}`, "UTF-8");
    }
  });
  parser.on("doctype", () =>
    refuse(
      source,
      `${parser.line}:${parser.column}: it has a document type; that can hide entities that expand without end or that fetch files`,
      "a document without <!DOCTYPE …>",
    ),
  );
  parser.on("opentag", (tag) => {
    if (open.length >= DEEPEST) refuse(source, `${parser.line}: it is nested deeper than ${DEEPEST} elements`);
    const attributes: Record<string, string> = Object.create(null);
    for (const attribute of Object.values(tag.attributes)) {
      if (attribute.prefix === "" && attribute.local !== "xmlns") attributes[attribute.local] = attribute.value;
    }
    const element: OpenElement = {
      namespace: tag.uri,
      name: tag.local,
      attributes,
      children: [],
      text: "",
      line: parser.line,
    };
    open[open.length - 1]?.children.push(element);
    open.push(element);
  });
  parser.on("text", (text) => appendText(open, text));
  parser.on("cdata", (text) => appendText(open, text));
  parser.on("closetag", () => {
    const closed = open.pop()!;
    closed.text = closed.text.trim();
    if (open.length === 0) root = closed;
  });

  parser.write(text).close();
  return root ?? refuse(source, "it has no element");
}

function appendText(open: readonly OpenElement[], text: string): void {
  const current = open[open.length - 1];
  if (current !== undefined) current.text += text;
}

/** Decodes a file strictly as UTF-8. Throws `NL-XML-READ` on bytes that are no UTF-8. */
export function decodeUtf8(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return refuse(source, "it is not UTF-8 text", "UTF-8");
  }
}

function refuse(source: string, why: string, allowed?: string): never {
  throw NOT_XML({
    what: `${source} cannot be read as XML: ${why}`,
    allowed,
    remedy: "download the file again, without editing it, from the portal's Manifest tab",
  });
}
