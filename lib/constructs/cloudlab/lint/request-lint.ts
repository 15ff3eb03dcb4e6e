import { defineProblem, type Problem } from "../../../errors";
import { nearMatches } from "../../../hardware/lookup";
import { EMULAB_NS, RSPEC_NS } from "../namespaces";
import { readXml, type XmlElement } from "../xml/read";
import type { Findings } from "./findings";
import { checkAddresses } from "./lint-addresses";
import { checkReferences } from "./lint-references";
import { BOOLEAN_ATTRIBUTES, EMULAB_ELEMENTS, REQUEST_ELEMENTS } from "./vocabulary";

const RSPEC_ATTRIBUTE = defineProblem("NL-RSPEC-ATTRIBUTE", "Elements have the attributes that the testbed knows");
const RSPEC_CAPACITY = defineProblem("NL-RSPEC-CAPACITY", "Capacities of a request are in kbit/s");
const RSPEC_ELEMENT = defineProblem("NL-RSPEC-ELEMENT", "A request has only elements that the testbed knows");
const RSPEC_NUMBER = defineProblem("NL-RSPEC-NUMBER", "Numbers of a request are numbers");
const RSPEC_ROOT = defineProblem("NL-RSPEC-ROOT", "A request is a GENI RSpec of version 3");

/** Fastest port of any testbed node today; a larger capacity was meant in bit/s. kbit/s. */
const FASTEST_PORT_KBPS = 400_000_000;

/**
 * Finds in a request RSpec what the official schema lets pass: misspelt extension elements and attributes, references
 * to interfaces that are not there, capacities that are no numbers, addresses given twice or outside the LAN's subnet,
 * shaping where none was meant. Works on any request, whoever wrote it. Throws `NL-XML-READ` when it is no XML.
 *
 * @param text the RSpec
 * @param source what to call it in the findings
 */
export function lintRequestRspec(text: string, source = "request RSpec"): Findings {
  const root = readXml(text, source);
  const errors: Problem[] = [];
  const warnings: Problem[] = [];
  if (root.name !== "rspec" || root.namespace !== RSPEC_NS || root.attributes["type"] !== "request") {
    errors.push({
      code: RSPEC_ROOT.id,
      what: `${source} is not a GENI RSpec version 3 request`,
      value: { element: root.name, namespace: root.namespace, type: root.attributes["type"] },
      allowed: `<rspec xmlns="${RSPEC_NS}" type="request">`,
    });
    return { errors, warnings };
  }
  visit(root, (element) => {
    checkVocabulary(element, errors);
    checkNumbers(element, errors, warnings);
  });
  checkReferences(root, errors);
  checkAddresses(root, errors);
  return { errors, warnings };
}

function visit(element: XmlElement, inspect: (element: XmlElement) => void): void {
  inspect(element);
  for (const child of element.children) visit(child, inspect);
}

function checkVocabulary(element: XmlElement, errors: Problem[]): void {
  const isEmulab = element.namespace === EMULAB_NS;
  if (!isEmulab && element.namespace !== RSPEC_NS) return;
  const known = isEmulab ? EMULAB_ELEMENTS : REQUEST_ELEMENTS;
  const shown = isEmulab ? `emulab:${element.name}` : element.name;
  const attributes = Object.hasOwn(known, element.name) ? known[element.name] : undefined;
  if (attributes === undefined) {
    const meant = nearMatches(element.name, Object.keys(known))[0];
    errors.push({
      code: RSPEC_ELEMENT.id,
      what: `line ${element.line}: the testbed knows no element ${shown} and would ignore it`,
      value: shown,
      remedy: meant && `<${isEmulab ? `emulab:${meant}` : meant}>`,
    });
    return;
  }
  const names = attributes.map((name) => name.replace("!", ""));
  for (const name of Object.keys(element.attributes).filter((name) => !names.includes(name))) {
    const meant = nearMatches(name, names)[0];
    errors.push({
      code: RSPEC_ATTRIBUTE.id,
      what: `line ${element.line}: ${shown} has no attribute ${name}`,
      value: name,
      allowed: names.join(", ") || "no attributes",
      remedy: meant && `${meant}="${element.attributes[name]}"`,
    });
  }
  for (const required of attributes.filter((name) => name.endsWith("!")).map((name) => name.slice(0, -1))) {
    if (element.attributes[required] !== undefined) continue;
    errors.push({ code: RSPEC_ATTRIBUTE.id, what: `line ${element.line}: ${shown} lacks its attribute ${required}` });
  }
  for (const [name, value] of Object.entries(element.attributes)) {
    if (!BOOLEAN_ATTRIBUTES.has(name) || value === "true" || value === "false") continue;
    errors.push({
      code: RSPEC_ATTRIBUTE.id,
      what: `line ${element.line}: ${shown} takes only true or false for ${name}`,
      value,
      allowed: "true, false",
    });
  }
}

function checkNumbers(element: XmlElement, errors: Problem[], warnings: Problem[]): void {
  if (element.name !== "property" && element.name !== "properties") return;
  const { capacity, latency, packet_loss: loss } = element.attributes;
  if (capacity !== undefined && !/^[1-9]\d{0,11}$/.test(capacity)) {
    errors.push(notNumeric(element, "capacity", capacity, "whole kbit/s, e.g. 10000000 for 10 Gbit/s"));
  } else if (Number(capacity) > FASTEST_PORT_KBPS) {
    warnings.push({
      code: RSPEC_CAPACITY.id,
      what: `line ${element.line}: the capacity is beyond every port; it is in kbit/s, this looks like bit/s`,
      value: capacity,
      allowed: `at most ${FASTEST_PORT_KBPS}`,
      remedy: `capacity="${Math.round(Number(capacity) / 1000)}"`,
    });
  }
  if (latency !== undefined && !/^\d+(\.\d+)?$/.test(latency)) {
    errors.push(notNumeric(element, "latency", latency, "milliseconds"));
  }
  if (loss !== undefined && !(/^\d+(\.\d+)?$/.test(loss) && Number(loss) <= 1)) {
    errors.push(notNumeric(element, "packet_loss", loss, "0 to 1"));
  }
}

function notNumeric(element: XmlElement, name: string, value: string, allowed: string): Problem {
  return { code: RSPEC_NUMBER.id, what: `line ${element.line}: ${name} is not such a number`, value, allowed };
}
