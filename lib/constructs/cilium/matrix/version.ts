/** Whether version `have` (`6.8`, `5.15.0-91-generic`, `0.16.1`) is at least `want` (`5.18`, `0.15.14`). */
export function versionAtLeast(have: string, want: string): boolean {
  const left = numbers(have);
  const right = numbers(want);
  for (const [i, wanted] of right.entries()) {
    const found = left[i] ?? 0;
    if (found !== wanted) return found > wanted;
  }
  return true;
}

function numbers(version: string): readonly number[] {
  const match = /^v?(\d+(?:\.\d+)*)/.exec(version);
  return match === null ? [] : match[1]!.split(".").map(Number);
}
