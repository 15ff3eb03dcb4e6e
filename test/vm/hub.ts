import { createServer, type Socket } from "node:net";

/**
 * An Ethernet switch between machines: `hub SOCKET`. Each connection is a port; qemu's `-netdev stream` writes every
 * frame behind its length in four bytes. It needs no rights, and no bridge on the machine that runs it.
 */
const HEADER = 4;
/** What waits for a machine that does not read; the rest is dropped, as a switch does. */
const QUEUE_LIMIT = 4 << 20;

const ports = new Set<Socket>();
const learned = new Map<string, Socket>();

function forward(frame: Buffer, from: Socket): void {
  const destination = frame.toString("hex", HEADER, HEADER + 6);
  learned.set(frame.toString("hex", HEADER + 6, HEADER + 12), from);
  const known = learned.get(destination);
  for (const port of known === undefined ? ports : [known])
    if (port !== from && port.writableLength < QUEUE_LIMIT) port.write(frame);
}

createServer((port) => {
  ports.add(port);
  let rest: Buffer = Buffer.alloc(0);
  port.on("data", (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (bytes.length - at >= HEADER) {
      const end = at + HEADER + bytes.readUInt32BE(at);
      if (bytes.length < end) break;
      forward(bytes.subarray(at, end), port);
      at = end;
    }
    rest = bytes.subarray(at);
  });
  port.on("error", () => port.destroy());
  port.on("close", () => {
    ports.delete(port);
    for (const [address, at] of learned) if (at === port) learned.delete(address);
  });
}).listen(process.argv[2]);
