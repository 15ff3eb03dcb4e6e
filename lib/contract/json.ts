/**
 * JSON with one line for everything that lies `depth` levels down, and a final newline: as easy to read and to diff
 * as fully indented JSON, at half its size.
 */
export function linesJson(value: unknown, depth: number): string {
  return `${lines(value, depth, "\n")}\n`;
}

function lines(value: unknown, depth: number, newline: string): string {
  if (depth === 0 || value === null || typeof value !== "object") return JSON.stringify(value);
  const inner = `${newline}  `;
  const isList = Array.isArray(value);
  const items = isList
    ? value.map((item) => lines(item, depth - 1, inner))
    : Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => `${JSON.stringify(key)}: ${lines(item, depth - 1, inner)}`);
  const [open, close] = isList ? ["[", "]"] : ["{", "}"];
  return items.length === 0 ? `${open}${close}` : `${open}${inner}${items.join(`,${inner}`)}${newline}${close}`;
}

/** JSON with sorted keys, two blanks of indentation and a final newline. */
export function stableJson(value: unknown): string {
  return `${JSON.stringify(sorted(value), undefined, 2)}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([k, v]) => [k, sorted(v)]));
}
