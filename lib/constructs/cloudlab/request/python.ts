/**
 * Values as Python 3 literals. Strings are escaped to ASCII, so a profile reads the same whatever encoding the portal
 * assumes for the file.
 */
export type PythonValue =
  | string
  | number
  | boolean
  | undefined
  | readonly PythonValue[]
  | { readonly [key: string]: PythonValue };

/** One literal on one line. */
export function pythonLiteral(value: PythonValue): string {
  if (value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return pythonString(value);
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(", ")}]`;
  const entries = Object.entries(value as Readonly<Record<string, PythonValue>>);
  return `{${entries.map(([key, item]) => `${pythonString(key)}: ${pythonLiteral(item)}`).join(", ")}}`;
}

const NAMED: Readonly<Record<string, string>> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function pythonString(text: string): string {
  let literal = '"';
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (NAMED[character] !== undefined) literal += NAMED[character];
    else if (code >= 0x20 && code < 0x7f) literal += character;
    else if (code <= 0xff) literal += `\\x${hex(code, 2)}`;
    else if (code <= 0xffff) literal += `\\u${hex(code, 4)}`;
    else literal += `\\U${hex(code, 8)}`;
  }
  return `${literal}"`;
}

/** Text inside a triple-quoted docstring: every line escaped like a string, so no quote can end it. */
export function pythonDocstring(text: string): string {
  return text
    .split(/\r\n?|\n/)
    .map((line) => pythonString(line).slice(1, -1))
    .join("\n");
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
