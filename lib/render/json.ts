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
