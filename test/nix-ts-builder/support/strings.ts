import type { NixNode } from "../../../lib/nix-ts-builder";
import { interpolated } from "../../../lib/nix-ts-builder/template";
import type { Scanner } from "./scanner";

type Part = string | NixNode;
type ReadExpression = (scanner: Scanner) => NixNode;

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

export function readQuotedString(s: Scanner, expression: ReadExpression): NixNode {
  s.expect('"');
  const parts: Part[] = [];
  for (;;) {
    if (s.match(/"/y) !== undefined) return interpolated(parts, "quoted", "test");
    const escaped = s.match(/\\[\s\S]/y);
    if (escaped !== undefined) parts.push(ESCAPES[escaped[1]!] ?? escaped[1]!);
    else if (s.match(/\$\{/y) !== undefined) {
      parts.push(expression(s));
      s.expect("}");
    } else parts.push(s.match(/\$\$|[^"]/y)!);
  }
}

export function readIndentedString(s: Scanner, expression: ReadExpression): NixNode {
  s.expect("''");
  // Escaped text is marked, since stripping looks at what stands in the source only.
  const parts: (Part | { escaped: string })[] = [];
  for (;;) {
    const three = s.text.slice(s.at, s.at + 3);
    if (three === "'''") push(s, parts, 3, { escaped: "''" });
    else if (three === "''$") push(s, parts, 3, { escaped: "$" });
    else if (three === "''\\") {
      const char = s.text[s.at + 3]!;
      push(s, parts, 4, { escaped: ESCAPES[char] ?? char });
    } else if (three.startsWith("''")) {
      s.at += 2;
      return interpolated(stripIndentation(parts), "indented", "test");
    } else if (three.startsWith("${")) {
      s.at += 2;
      parts.push(expression(s));
      s.expect("}");
    } else parts.push(s.match(/\$\$|[\s\S]/y)!);
  }
}

function push(s: Scanner, parts: (Part | { escaped: string })[], length: number, part: { escaped: string }): void {
  s.at += length;
  parts.push(part);
}

function stripIndentation(parts: readonly (Part | { escaped: string })[]): Part[] {
  let smallest = Number.POSITIVE_INFINITY;
  let current = 0;
  let atStart = true;
  for (const part of parts) {
    const chars = typeof part === "string" ? part : "x";
    for (const char of chars) {
      if (char === "\n") {
        atStart = true;
        current = 0;
      } else if (atStart && char === " ") current += 1;
      else if (atStart) {
        atStart = false;
        smallest = Math.min(smallest, current);
      }
    }
  }
  const out: Part[] = [];
  let dropped = 0;
  atStart = true;
  for (const part of parts) {
    if (typeof part !== "string") {
      atStart = false;
      out.push("escaped" in part ? part.escaped : part);
      continue;
    }
    for (const char of part) {
      if (char === "\n") {
        out.push(char);
        atStart = true;
        dropped = 0;
      } else if (atStart && char === " " && dropped < smallest) dropped += 1;
      else {
        atStart = false;
        out.push(char);
      }
    }
  }
  return trimEnds(out);
}

/** A blank first line goes; the blanks of a blank last line go. */
function trimEnds(parts: Part[]): Part[] {
  const firstBreak = parts.findIndex((part) => part !== " ");
  const kept = parts[firstBreak] === "\n" ? parts.slice(firstBreak + 1) : [...parts];
  let end = kept.length;
  while (end > 0 && kept[end - 1] === " ") end -= 1;
  return kept[end - 1] === "\n" || end === 0 ? kept.slice(0, end) : kept;
}
