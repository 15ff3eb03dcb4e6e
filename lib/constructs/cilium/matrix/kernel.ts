/** Whether kernel version `have` (`6.8`, `5.15.0-91-generic`) is at least `want` (`5.18`). */
export function kernelAtLeast(have: string, want: string): boolean {
  const [major, minor] = numbers(have);
  const [wantMajor, wantMinor] = numbers(want);
  return major > wantMajor || (major === wantMajor && minor >= wantMinor);
}

function numbers(version: string): readonly [number, number] {
  const match = /^(\d+)\.(\d+)/.exec(version);
  return match === null ? [0, 0] : [Number(match[1]), Number(match[2])];
}
