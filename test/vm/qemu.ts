import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { imageDirectory } from "./images";
import { type Emulator, KERNEL_ARGUMENTS } from "./machine";
import type { Processes } from "./processes";

/** Debian's kernel in qemu with KVM, and virtio devices. */
export const qemu: Emulator = {
  needs: { "qemu-system-x86_64": "qemu-system-x86", "qemu-img": "qemu-utils" },
  files: ["qcow2", "qmp"],

  async start(processes, name, { image, number, ports }, hub) {
    const images = imageDirectory();
    const disk = processes.path(`${name}.qcow2`);
    if (!existsSync(disk)) createDisk(join(images, `${image}.raw`), disk);
    const forwards = Object.entries(ports).map(([guest, host]) => `,hostfwd=tcp:127.0.0.1:${host}-:${guest}`);
    const kernel = ["root=/dev/vda", "console=ttyS0", "mitigations=off", ...KERNEL_ARGUMENTS];
    rmSync(processes.path(`${name}.qmp`), { force: true });
    processes.launch(name, "qemu-system-x86_64", [
      ...["-name", name, "-machine", "pc", "-accel", "kvm", "-cpu", "host", "-smp", "1", "-m", "1024"],
      ...["-nodefaults", "-display", "none", "-serial", `file:${processes.path(`${name}.console`)}`],
      ...["-qmp", `unix:${processes.path(`${name}.qmp`)},server=on,wait=off`],
      ...["-kernel", join(images, "vmlinuz"), "-initrd", join(images, "initrd"), "-append", kernel.join(" ")],
      ...["-drive", `file=${disk},if=virtio,format=qcow2,cache=unsafe`, "-device", "virtio-rng-pci"],
      ...["-netdev", `user,id=control${forwards.join("")}`],
      ...["-device", `virtio-net-pci,netdev=control,id=ctl,mac=02:00:00:00:02:0${number},addr=3,romfile=`],
      ...["-netdev", `stream,id=data,server=off,addr.type=unix,addr.path=${hub}`],
      ...["-device", `virtio-net-pci,netdev=data,id=exp,mac=02:00:00:00:01:0${number},addr=4,romfile=`],
    ]);
  },

  async clear() {},

  setCable(processes, name, cable, isPlugged) {
    return monitor(processes, name, { execute: "set_link", arguments: { name: cable, up: isPlugged } });
  },
};

function createDisk(base: string, disk: string): void {
  const made = spawnSync("qemu-img", ["create", "-q", "-f", "qcow2", "-F", "raw", "-b", base, disk]);
  if (made.status !== 0) throw new Error(`cannot create ${disk}: ${made.stderr}`);
}

function monitor(processes: Processes, name: string, command: object): Promise<void> {
  return new Promise((done, fail) => {
    const socket = connect(processes.path(`${name}.qmp`));
    let text = "";
    let answers = 0;
    socket.on("error", fail);
    socket.on("data", (chunk: Buffer) => {
      const lines = (text + chunk.toString("utf8")).split("\n");
      text = lines.pop()!;
      for (const line of lines.map((each) => JSON.parse(each))) {
        if (line.error !== undefined) fail(new Error(`${name}: ${line.error.desc}`));
        if (line.QMP !== undefined) socket.write('{"execute":"qmp_capabilities"}');
        if (line.return !== undefined && ++answers === 1) socket.write(JSON.stringify(command));
        else if (answers === 2) {
          socket.end();
          done();
        }
      }
    });
  });
}
