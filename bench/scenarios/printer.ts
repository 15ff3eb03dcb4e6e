import { lib, nix, print } from "netloom/nix-ts-builder";
import { measured, type Sample } from "../measure";

const settings = <T>(i: number, priority: T) => ({
  enable: true,
  port: 1024 + (i % 60000),
  description: `Service "${i}" with \${dollar} and a\nsecond line`,
  weights: [1, 2.5, -3, i],
  nested: { path: `/var/lib/service-${i}`, tags: ["a", "b", "c"], priority },
});

/** Prints a NixOS module of many options, as a large host has them, and says how many bytes came out. */
export function printer(options: number): Sample {
  const module = nix.module({
    config: nix.nested(
      Array.from({ length: options }, (_, i) =>
        nix.bind(["services", `service-${i}`, "settings"], settings(i, lib.mkDefault(i))),
      ),
    ),
  });
  print(module); // warm: a printer is judged by its rate, not by the compiler's
  let text = "";
  const sample = measured(() => {
    text = print(module);
  });
  return { ...sample, bytes: Buffer.byteLength(text) };
}

/** Prints the same values as JSON, which has neither names to judge nor lines to fit. */
export function printerJson(options: number): Sample {
  const module = Array.from({ length: options }, (_, i) => settings(i, i));
  JSON.stringify(module, undefined, 2);
  let text = "";
  const sample = measured(() => {
    text = JSON.stringify(module, undefined, 2);
  });
  return { ...sample, bytes: Buffer.byteLength(text) };
}

/** Splits the printed text and joins it again: what handling the same bytes as lines costs by itself. */
export function printerFloor(bytes: number): Sample {
  const line = '        description = "a line as long as the average line of a module";';
  const lines = Array.from({ length: Math.ceil(bytes / (line.length + 1)) }, (_, i) => `${line}${i % 10}`);
  lines.join("\n");
  let text = "";
  const sample = measured(() => {
    text = lines.join("\n");
  });
  return { ...sample, bytes: Buffer.byteLength(text) };
}
