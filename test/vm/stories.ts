import { createConnection } from "node:net";
import type { Fleet } from "./fleet";
import type { Image } from "./images";
import { PATIENCE } from "./lab";
import { sleep } from "./processes";
import type { Explained, State } from "./state";

/** What a user does with a stack from the first deploy to destroy, with a reboot and a power cut on the way. */
export async function life(fleet: Fleet): Promise<void> {
  const before = await recordAll(fleet, "record");
  try {
    await lifeOfADeploy(fleet);
  } finally {
    await fleet.together("destroy", () => fleet.destroys());
    await compareAll(fleet, "as before the first deploy", before);
  }
}

/** In the short form, where a machine boots once. */
const LOSES_POWER: ReadonlySet<Image> = new Set<Image>(["ifupdown", "netplan"]);

async function lifeOfADeploy(fleet: Fleet): Promise<void> {
  await fleet.deploys("deploy", {});
  await fleet.together("verify", () => fleet.verifies());
  await fleet.step("effects", (machine) => fleet.hasEffect(machine));
  await fleet.step("port 873 is closed on the control port", (machine) => closedOnControlPort(fleet, machine));
  if (fleet.short) {
    await fleet.step("reboot or power cut", (machine) =>
      (LOSES_POWER.has(machine) ? powerCut : reboot)(fleet, machine),
    );
    return afterBoot(fleet, "boot");
  }
  await fleet.step("reboot", (machine) => reboot(fleet, machine));
  await afterBoot(fleet, "reboot");
  await fleet.step("power cut", (machine) => powerCut(fleet, machine));
  await afterBoot(fleet, "power cut");
  await fleet.deploys("a second deploy", { mtu: 8000, sysctls: { "vm.swappiness": 10 } });
  await fleet.together("verify after the second deploy", () => fleet.verifies());
  await fleet.step("effects after the second deploy", (machine) => fleet.hasEffect(machine));
}

/**
 * A deploy to machines on which somebody else configures the data port already, with tunnels to names that do not
 * resolve while the machines boot.
 */
export async function neighbours(fleet: Fleet): Promise<void> {
  const variant = { transport: "dctcp", endpointDomain: DOMAIN } as const;
  await fleet.step("another manager takes the data port", async (machine) => {
    await fleet.lab.run(machine, OTHER_MANAGER[machine], PATIENCE);
    await namesResolve(fleet, machine, true);
    await sleep(5);
    return [];
  });
  const before = await recordAll(fleet, "record");
  await fleet.deploys("deploy", variant);
  await fleet.together("verify", () => fleet.verifies());
  await fleet.step("effects", (machine) => fleet.hasEffect(machine));
  await fleet.step("reboot without names", async (machine) => {
    await namesResolve(fleet, machine, false);
    await fleet.lab.reboot(machine);
    await namesResolve(fleet, machine, true);
    await sleep(NAMES_ARE_RETRIED);
    return [];
  });
  await afterBoot(fleet, "reboot");
  await fleet.together("destroy", () => fleet.destroys());
  await compareAll(fleet, "as before the deploy", before);
  await fleet.deploys("deploy again", variant);
  await fleet.together("verify again", () => fleet.verifies());
  await fleet.together("destroy again", () => fleet.destroys());
  await compareAll(fleet, "as before the first deploy", before);
}

const DOMAIN = "vm.test";
/** Seconds: the agent resolves names every 30 s. */
const NAMES_ARE_RETRIED = 60;

async function namesResolve(fleet: Fleet, machine: Image, yes: boolean): Promise<void> {
  const lines = fleet.machines.map((name) => `10.10.1.${fleet.lab.machine(name).number} ${name}.${DOMAIN}\\n`);
  const add = yes ? `printf '${lines.join("")}' >>/etc/hosts` : "true";
  await fleet.lab.run(machine, `sed -i '/\\.${DOMAIN}$/d' /etc/hosts && ${add}`);
}

const OTHER_MANAGER: Readonly<Record<Image, string>> = {
  // dhcpcd takes every port that it is not denied; no DHCP server answers on this one, so that it assigns 169.254.0.0/16.
  networkd: `apt-get install -y -q --no-install-recommends dhcpcd5 >/dev/null 2>&1 || exit 1
    echo denyinterfaces ens3 >>/etc/dhcpcd.conf; systemctl enable dhcpcd; systemctl restart dhcpcd`,
  ifupdown: `printf 'auto ens4\\niface ens4 inet static\\n  address 192.168.77.2/24\\n  mtu 1400\\n' >/etc/network/interfaces.d/data && ifup ens4`,
  networkmanager: `nmcli connection add type ethernet ifname ens4 con-name data ipv4.method manual ipv4.addresses 192.168.77.3/24 connection.zone internal &&
    nmcli connection up data`,
  netplan: `printf 'network:\\n  version: 2\\n  ethernets:\\n    ens4:\\n      addresses: [192.168.77.4/24]\\n      mtu: 1400\\n' >/etc/netplan/60-data.yaml &&
    chmod 600 /etc/netplan/60-data.yaml && netplan apply`,
};

/** Faults while a window is open, a different one on each machine; all go back to what was confirmed. */
export async function windows(fleet: Fleet): Promise<void> {
  await fleet.deploys("deploy", {});
  await fleet.together("verify", () => fleet.verifies());
  const before = await recordAll(fleet, "record");
  const change = { window: WINDOW, hold: WINDOW, mtu: 8000, sysctls: { "vm.swappiness": 10 } };
  const deploy = fleet.deploy(change);
  await fleet.step("a fault in the window", async (machine) => {
    await activated(fleet, machine);
    return FAULT_IN_WINDOW[machine](fleet);
  });
  await fleet.together("the deploy fails", async () => {
    const { code, output } = await deploy;
    return code === 0 ? ["the deploy succeeded although no machine kept the change"] : complaints(output);
  });
  await fleet.step("reverted", (machine) => reverted(fleet, machine));
  await compareAll(fleet, "as confirmed", before, REVERTED);
  await fleet.deploys("deploy what was confirmed", {});
  await fleet.together("verify what was confirmed", () => fleet.verifies());
  await fleet.step("effects", (machine) => fleet.hasEffect(machine));
  await fleet.together("destroy", () => fleet.destroys());
}

/** Long enough for emulated machines, and for the fault to come while it is open. */
const WINDOW = 600;

const FAULT_IN_WINDOW: Readonly<Record<Image, (fleet: Fleet) => Promise<string[]>>> = {
  networkd: (fleet) => reboot(fleet, "networkd"),
  ifupdown: (fleet) => powerCut(fleet, "ifupdown"),
  // Nobody can ask this machine to revert: its timer alone does it.
  networkmanager: async ({ lab }) => {
    await lab.link("networkmanager", "ctl", false);
    await sleep(WINDOW + 120);
    await lab.link("networkmanager", "ctl", true);
    return [];
  },
  // This one is well, and reverts with the others.
  netplan: async () => [],
};

/** What a revert may leave: it is not destroy, and the machines that booted are compared with those that did not. */
const REVERTED: readonly Explained[] = [
  {
    section: "netloom",
    difference: /^[-+] \/var\/lib\/netloom\/gen\//,
    reason: "the staged generation stays until the next deploy",
  },
  { section: "netloom", difference: /^[-+] \/run\/netloom\//, reason: "the agent's notes of this boot" },
];

const complaints = (output: string) =>
  /\n\s+at .*\.[cm]?[jt]s:\d+/.test(output) ? [`a stack trace:\n${output.slice(-3000)}`] : [];

async function activated(fleet: Fleet, machine: Image): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const { output } = await fleet.lab.ssh(machine, "cat /run/netloom/phase");
    if (output.trim() === "activated") return;
    await sleep(2);
  }
  throw new Error("the change was not activated in 10 minutes");
}

async function reverted(fleet: Fleet, machine: Image): Promise<string[]> {
  for (let tries = 0; tries < 150; tries++) {
    const { code, output } = await fleet.lab.ssh(
      machine,
      "test ! -e /run/netloom/pending && sysctl -n vm.swappiness; ip link show ens4",
    );
    if (code === 0 && /^60$/m.test(output) && output.includes("mtu 9000")) return [];
    await sleep(4);
  }
  return ["the change has not been reverted"];
}

async function recordAll(fleet: Fleet, name: string): Promise<Map<Image, State>> {
  const states = new Map<Image, State>();
  await fleet.step(name, async (machine) => {
    states.set(machine, await fleet.record(machine, "before"));
    return [];
  });
  return states;
}

function compareAll(fleet: Fleet, name: string, before: ReadonlyMap<Image, State>, also: readonly Explained[] = []) {
  return fleet.step(name, async (machine) => {
    const then = before.get(machine);
    return then === undefined ? ["there is no record to compare with"] : fleet.compare(machine, then, also);
  });
}

async function reboot({ lab }: Fleet, machine: Image): Promise<string[]> {
  await lab.reboot(machine);
  return [];
}

async function powerCut({ lab }: Fleet, machine: Image): Promise<string[]> {
  await lab.cut(machine);
  await lab.start(machine, machine);
  await lab.wait(machine);
  return [];
}

async function afterBoot(fleet: Fleet, what: string): Promise<void> {
  await fleet.step(`effects after the ${what}`, (machine) => fleet.hasEffect(machine));
  await fleet.together(`verify after the ${what}`, () => fleet.verifies());
}

/** Machines with a firewall must not show the archive to whoever comes in by the control port. */
async function closedOnControlPort(fleet: Fleet, machine: Image): Promise<string[]> {
  if (machine !== "ifupdown" && machine !== "networkmanager") return [];
  const port = fleet.lab.port(machine, 873);
  const heard = await new Promise<string>((done) => {
    const socket = createConnection(port, "127.0.0.1");
    const timer = setTimeout(() => socket.destroy(), 60_000);
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      done(text);
    });
  });
  return heard === "" ? [] : [`the archive answers on the control port: ${heard.trim()}`];
}
