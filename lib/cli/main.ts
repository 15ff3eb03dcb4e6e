#!/usr/bin/env node
import { runCli } from "./cli";
import { style, wantsColour } from "./style";

runCli(process.argv.slice(2), {
  cwd: process.cwd(),
  style: style(wantsColour(process.env, process.stdout.isTTY === true)),
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
}).then((status) => {
  process.exitCode = status;
});
