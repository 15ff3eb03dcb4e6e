import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { imageDirectory, kernelDirectory } from "./images";
import { type Emulator, KERNEL_ARGUMENTS } from "./machine";

/** User Mode Linux: the kernel is a process. Needs no hardware for virtual machines, and loses little speed. */
export const uml: Emulator = {
  needs: { passt: "passt", python3: "python3" },
  files: ["cow", "ctl", "ctl.off", "exp", "exp.off"],

  async start(processes, name, { image, number, ports }, hub) {
    const path = (kind: string) => processes.path(`${name}.${kind}`);
    const wire = `${name}-wire`;
    if (!processes.isRunning(wire)) for (const cable of ["ctl", "exp"]) rmSync(path(cable), { force: true });
    processes.launch(wire, "python3", [join(__dirname, "wire.py"), processes.directory, name, hub, ...passt(ports)]);
    await processes.made(`${name}.exp`, wire);
    // Without addresses at random: the kernel takes the gap below its heap for memory, so that each boot would have another size.
    processes.launch(name, "setarch", [
      ...["--addr-no-randomize", join(kernelDirectory(), "linux")],
      // The names that others have for the same devices come from a rule of udev in the images.
      `vec0:transport=bess,dst=${path("ctl")},mac=02:00:00:00:02:0${number}`,
      `vec1:transport=bess,dst=${path("exp")},mac=02:00:00:00:01:0${number},mtu=9216`,
      // A copy-on-write file over the image.
      `ubd0=${path("cow")},${join(imageDirectory(), `${image}.raw`)}`,
      ...[`uml_dir=${processes.path("uml")}`, "mem=768M", "root=/dev/ubda"],
      ...["con=null", "con0=null,fd:1", "ssl=null", "console=tty0", ...KERNEL_ARGUMENTS],
    ]);
  },

  clear(processes, name) {
    return processes.kill(`${name}-wire`);
  },

  async setCable(processes, name, cable, isPlugged) {
    const file = processes.path(`${name}.${cable}.off`);
    if (isPlugged) rmSync(file, { force: true });
    else writeFileSync(file, "");
  },
};

/** The same network as the one that qemu makes. */
function passt(ports: Readonly<Record<number, number>>): string[] {
  const forwards = Object.entries(ports).map(([guest, host]) => `${host}:${guest}`);
  return [
    ...["passt", "--foreground", "--quiet", "--stderr", "--ipv4-only", "--mtu", "1500"],
    ...["--address", "10.0.2.15", "--netmask", "24", "--gateway", "10.0.2.2", "--dns-forward", "10.0.2.3"],
    ...["--no-dhcp-dns", "--no-dhcp-search"],
    ...["--udp-ports", "none", "--tcp-ports", `127.0.0.1/${forwards.join(",")}`],
  ];
}
