/** All strings inside a value, one a line, so that expressions can look for words at line starts. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([key, item]) => (Array.isArray(value) ? textOf(item) : `${key}=${textOf(item)}`))
    .join("\n");
}
