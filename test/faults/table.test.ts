import { expect, test } from "vitest";
import { jobs } from "./jobs";
import { DAMAGES } from "./damage";
import { BOUNDARIES } from "./kills";
import { complaints, isGood, numbers, type Row, table } from "./table";

const good: Row = {
  part: "kills",
  applier: "terraform_data",
  fault: "runner, kill -9",
  moment: "armed",
  hosts: "old",
  silent: false,
  healedBy: 1,
  complaints: [],
};

test("a row is good only when no host is between two generations, Terraform saw the work, and one deploy did it", () => {
  expect(isGood(good)).toBe(true);
  for (const fault of [{ hosts: "mixture" }, { silent: true }, { healedBy: 0 }, { healedBy: 2 }, { complaints: ["x"] }])
    expect(isGood({ ...good, ...fault } as Row)).toBe(false);
});

test("the table counts each fault and all of them", () => {
  const rows: Row[] = [
    good,
    { ...good, hosts: "mixture", healedBy: 0 },
    { ...good, fault: "a", silent: true, hosts: "some old, some new" },
  ];
  expect(table(rows).split("\n")).toEqual([
    "| fault | n | all old | all new | some of each | a mixture | silent “No changes” | next deploy heals |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    "| a | 1 | 0 | 0 | 1 | 0 | 1 | 1 of 1 |",
    "| runner, kill -9 | 2 | 1 | 0 | 0 | 1 | 0 | 1 of 2 |",
    "| **all** | 3 | 1 | 0 | 1 | 1 | 1 | 2 of 3 |",
  ]);
  expect(complaints(rows)).toEqual([
    "terraform_data: runner, kill -9, armed: a mixture; not healed",
    "terraform_data: a, armed: silent “No changes”",
  ]);
});

test("one seed gives one list of faults; every hard kill meets every boundary in the long form", () => {
  const extent = { seed: 7, shareSeed: 7, random: 60, thorough: true, share: [0, 2], only: "kills:" } as const;
  const all = jobs(extent);
  expect(jobs(extent)).toEqual(all);
  expect(jobs({ ...extent, seed: 8 })).not.toEqual(all);
  expect(all.filter(({ moment }) => moment === "random")).toHaveLength(60);
  for (const moment of BOUNDARIES)
    expect(all.filter((job) => job.moment === moment && job.fault === "terraform, kill -9")).toHaveLength(1);
  const short = jobs({ ...extent, random: 4, thorough: false });
  expect(new Set(short.map(({ moment }) => moment))).toEqual(new Set([...BOUNDARIES, "random"]));
});

test("appliers share the other parts, and each file is damaged in each way before any is a second time", () => {
  const [one, two] = [0, 1].map((index) =>
    jobs({ seed: 7 + index, shareSeed: 7, random: 0, thorough: true, share: [index, 2], only: "damage:" }),
  );
  const nameOf = ({ fault, moment }: { fault: string; moment: string }) => `${fault}, ${moment}`;
  expect([...one!, ...two!].map(nameOf).sort()).toEqual(DAMAGES.map(nameOf).sort());
  const ways = (list: readonly { fault: string; moment: string }[]) =>
    list.map(({ fault, moment }) => `${fault.split(" ")[1]} ${moment}`);
  const all = new Set(ways(DAMAGES));
  const firsts = [one!, two!].flatMap((list) => ways(list.slice(0, all.size / 2)));
  expect(new Set(firsts)).toEqual(all);
});

test("random numbers lie in [0, 1) and follow from the seed", () => {
  const [one, same] = [numbers(3), numbers(3)];
  const drawn = Array.from({ length: 1000 }, () => one());
  expect(drawn.every((n) => n >= 0 && n < 1)).toBe(true);
  expect(Array.from({ length: 1000 }, () => same())).toEqual(drawn);
});
