import { spawnSync } from "node:child_process";
import { buildImages, IMAGES, type Image } from "./images";
import { Lab } from "./lab";

/** The command line of the lab: see README.md. */
const USAGE = `vm images                      build the kernel and the images (root)
vm start NAME[=IMAGE]...       start machines and wait for them; IMAGE is ${IMAGES.join(", ")} (default: NAME)
vm ssh NAME [COMMAND]          a shell, or a command
vm reboot NAME                 reboot and wait
vm cut NAME                    power loss; start boots it again
vm link NAME ctl|exp on|off    plug or pull a cable
vm stop NAME...                power off; the disk stays
vm remove NAME...              power loss, and forget the disk
vm list                        machines, their SSH port and number
vm stop-all                    power off everything of this lab
The lab is the directory in NETLOOM_VM_LAB (default: target/vm/lab); images lie below NETLOOM_VM_IMAGES (default: target/vm/images).`;

async function main([command, ...args]: string[]): Promise<void> {
  const lab = new Lab(process.env["NETLOOM_VM_LAB"] ?? "target/vm/lab");
  const name = args[0] ?? "";
  switch (command) {
    case "images":
      buildImages();
      return console.log(lab.images);
    case "start":
      await Promise.all(
        args.map(async (argument) => {
          const [machine, image = machine] = argument.split("=") as [string, string?];
          if (!IMAGES.includes(image as Image))
            throw new Error(`no such image: ${image}; there are ${IMAGES.join(", ")}`);
          await lab.start(machine, image as Image);
          await lab.wait(machine);
        }),
      );
      return list(lab);
    case "ssh":
      process.exitCode =
        spawnSync("ssh", [...lab.sshArguments(name), ...args.slice(1)], { stdio: "inherit" }).status ?? 1;
      return;
    case "reboot":
      return lab.reboot(name);
    case "cut":
      return lab.cut(name);
    case "link":
      return lab.link(name, args[1] as "ctl" | "exp", args[2] === "on");
    case "stop":
      for (const each of args) await lab.stop(each);
      return;
    case "remove":
      for (const each of args) await lab.remove(each);
      return;
    case "list":
      return list(lab);
    case "stop-all":
      return lab.stopAll();
    default:
      console.error(USAGE);
      process.exitCode = 2;
  }
}

function list(lab: Lab): void {
  for (const name of lab.names()) {
    const { image, number } = lab.machine(name);
    console.log(
      `${name}\t${image}\t${lab.isRunning(name) ? "running" : "stopped"}\tnumber ${number}\tssh 127.0.0.1:${lab.port(name, 22)}`,
    );
  }
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
