// Stands in for NVIDIA's mlnx_qos 1.2 and the card behind it, which is the JSON file $FAKE_MLNX_QOS: takes its options and
// prints what it prints. Like the tool it knows all 64 DSCPs once it trusts them, and none before.
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const FILE = process.env.FAKE_MLNX_QOS;
const eight = (value) => Array(8).fill(value);
const card = existsSync(FILE)
  ? JSON.parse(readFileSync(FILE, "utf8"))
  : {
      trust: "pcp",
      dscp: {},
      pfc: eight(0),
      tc: [0, 1, 2, 3, 4, 5, 6, 7],
      tsa: eight("vendor"),
      bw: eight(0),
      rate: eight(0),
    };

const list = (text) => {
  const items = text.split(",");
  if (items.length !== 8) {
    console.log("list must have 8 items");
    process.exit(1);
  }
  return items;
};

const words = process.argv.slice(2);
for (let i = 0; i < words.length; i++) {
  const option = words[i];
  if (option === "-a") continue;
  const value = words[++i];
  if (option === "--trust" && value !== card.trust) {
    card.trust = value;
    card.dscp = value === "dscp" ? Object.fromEntries(Array.from({ length: 64 }, (_, dscp) => [dscp, dscp >> 3])) : {};
  } else if (option === "--dscp2prio") {
    const [, dscp, priority] = value.split(",");
    card.dscp[dscp] = Number(priority);
  } else if (option === "--pfc") card.pfc = list(value).map(Number);
  else if (option === "-p") card.tc = list(value).map(Number);
  else if (option === "-s") card.tsa = list(value);
  else if (option === "-t") card.bw = list(value).map(Number);
  else if (option === "-r") card.rate = list(value).map(Number);
}
writeFileSync(FILE, JSON.stringify(card));

const lines = ["DCBX mode: OS controlled", `Priority trust state: ${card.trust}`];
if (card.trust === "dscp") lines.push("dscp2prio mapping:");
for (let priority = 0; priority < 8; priority++) {
  const dscps = Object.keys(card.dscp).filter((dscp) => card.dscp[dscp] === priority);
  // Eight to a line, as the tool does.
  for (let at = 0; at < dscps.length; at += 8) {
    const part = dscps.slice(at, at + 8).map((dscp) => `${dscp.padStart(2, "0")},`);
    lines.push(`\tprio:${priority} dscp:${part.join("")}`);
  }
}
lines.push("default priority:", "Cable len: 7", "PFC configuration:");
lines.push("\tpriority    0   1   2   3   4   5   6   7", `\tenabled     ${card.pfc.map((on) => `${on}   `).join("")}`);
for (let tc = 0; tc < 8; tc++) {
  const priorities = card.tc.flatMap((of, priority) => (of === tc ? [priority] : []));
  if (priorities.length === 0 && !words.includes("-a")) continue;
  const rate = card.rate[tc] > 0 ? `${card.rate[tc].toFixed(1)} Gbps` : "unlimited";
  lines.push(
    `tc: ${tc} ratelimit: ${rate}, tsa: ${card.tsa[tc]}${card.tsa[tc] === "ets" ? `, bw: ${card.bw[tc]}%` : ""}`,
  );
  lines.push(...priorities.map((priority) => `\t priority:  ${priority}`));
}
console.log(lines.join("\n"));
