#!/usr/bin/env python3
"""wire.py DIRECTORY NAME HUB PASST...: the two cables of a machine in User Mode Linux.

The machine connects to DIRECTORY/NAME.ctl and DIRECTORY/NAME.exp, and each packet of those sockets is a frame. The other
ends are a user-mode network, the command PASST, which is started here, and the switch at the socket HUB; both write a
frame behind its length in four bytes, as qemu does. A file DIRECTORY/NAME.ctl.off or .exp.off pulls the cable.
"""

import os
import selectors
import socket
import subprocess
import sys

HEADER = 4
LARGEST_FRAME = 1 << 16


class Cable:
    """One cable. The machine connects anew whenever its port goes up; only the newest connection counts."""

    def __init__(self, path, peer, selector):
        self.path = path
        self.peer = peer
        self.selector = selector
        self.machine = None
        self.received = bytearray()
        if os.path.exists(path):
            os.unlink(path)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(path)
        self.listener.listen()
        selector.register(self.listener, selectors.EVENT_READ, self.connected)
        selector.register(peer, selectors.EVENT_READ, self.from_peer)

    def is_pulled(self):
        return os.path.exists(self.path + ".off")

    def connected(self):
        self.hang_up()
        self.machine, _ = self.listener.accept()
        self.machine.setblocking(False)
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            self.machine.setsockopt(socket.SOL_SOCKET, option, 4 << 20)
        self.selector.register(self.machine, selectors.EVENT_READ, self.from_machine)

    def hang_up(self):
        if self.machine is not None:
            self.selector.unregister(self.machine)
            self.machine.close()
            self.machine = None

    def from_machine(self):
        try:
            frame = self.machine.recv(LARGEST_FRAME)
        except BlockingIOError:
            return
        except OSError:
            frame = b""
        if frame == b"":
            self.hang_up()
        elif not self.is_pulled():
            self.peer.sendall(len(frame).to_bytes(HEADER, "big") + frame)

    def from_peer(self):
        data = self.peer.recv(LARGEST_FRAME)
        if data == b"":
            raise SystemExit(f"{self.path}: the other end hung up")
        self.received += data
        while len(self.received) >= HEADER:
            end = HEADER + int.from_bytes(self.received[:HEADER], "big")
            if len(self.received) < end:
                return
            self.to_machine(bytes(self.received[HEADER:end]))
            del self.received[:end]

    def to_machine(self, frame):
        if self.machine is None or self.is_pulled():
            return
        try:
            self.machine.send(frame)
        except BlockingIOError:
            pass  # its queue is full: dropped, as a switch does
        except OSError:
            self.hang_up()


def main(directory, name, hub, *passt):
    selector = selectors.DefaultSelector()
    ours, theirs = socket.socketpair()
    subprocess.Popen([*passt, "--fd", str(theirs.fileno())], pass_fds=[theirs.fileno()])
    theirs.close()
    switch = socket.socket(socket.AF_UNIX)
    switch.connect(hub)
    Cable(os.path.join(directory, name + ".ctl"), ours, selector)
    Cable(os.path.join(directory, name + ".exp"), switch, selector)
    while True:
        for key, _ in selector.select():
            if key.fileobj.fileno() != -1:
                key.data()


main(*sys.argv[1:])
