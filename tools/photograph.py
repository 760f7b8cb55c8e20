"""A machine that stops where it is told to, and its display as pixels.

It runs under tools/run with two sockets: the monitor's (QMP) for the picture, the debugger's (GDB's
remote serial protocol) for breakpoints. Counted instructions stand still while it stands.
"""
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import tempfile
import time
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / os.environ.get("TESSERA_BUILD", "build")
PATIENCE = 60  # seconds for anything the machine is asked


def connect(path):
    """The emulator makes its sockets when it starts."""
    for _ in range(200):
        try:
            end = socket.socket(socket.AF_UNIX)
            end.settimeout(PATIENCE)
            end.connect(str(path))
            return end
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nothing listens at {path}")


class Monitor:
    """QMP: a line of JSON each way, events in between."""

    def __init__(self, path):
        self.stream = connect(path).makefile("rw")
        self.stream.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.stream.flush()
        while True:
            answer = json.loads(self.stream.readline())
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]


class Stub:
    """The debugger's end: `$text#sum`, each acknowledged by a plus."""

    def __init__(self, path):
        self.end = connect(path)

    def ask(self, text):
        self.send(text)
        return self.receive()

    def send(self, text):
        self.end.sendall(f"${text}#{sum(text.encode()) & 255:02x}".encode())

    def receive(self):
        said = b""
        while not re.search(rb"\$[^#]*#..", said):
            more = self.end.recv(65536)
            if not more:
                raise RuntimeError("the machine has ended")
            said += more
        self.end.sendall(b"+")
        return re.search(rb"\$([^#]*)#..", said).group(1).decode()


class Picture:
    """Pixels from a PPM file, as (red, green, blue)."""

    def __init__(self, ppm):
        head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", ppm)
        self.width, self.height = int(head.group(1)), int(head.group(2))
        self.bytes = ppm[head.end():]

    def at(self, x, y):
        start = 3 * (y * self.width + x)
        return tuple(self.bytes[start:start + 3])

    def png(self):
        """With a palette, so that it is small; at most 256 colours."""
        pixels = [self.bytes[n:n + 3] for n in range(0, len(self.bytes), 3)]
        colours = sorted(set(pixels))
        assert len(colours) <= 256
        index = {colour: n for n, colour in enumerate(colours)}
        flat = bytes(index[p] for p in pixels)
        rows = b"".join(b"\0" + flat[n:n + self.width] for n in range(0, len(flat), self.width))
        return (b"\x89PNG\r\n\x1a\n" +
                chunk(b"IHDR", struct.pack(">IIBBBBB", self.width, self.height, 8, 3, 0, 0, 0)) +
                chunk(b"PLTE", b"".join(colours)) + chunk(b"IDAT", zlib.compress(rows, 9)) +
                chunk(b"IEND", b""))


def chunk(name, data):
    """Of a PNG file: length, name, data, checksum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def symbols():
    """Addresses of the kernel's functions by name."""
    listed = subprocess.run(["arm-none-eabi-nm", BUILD / "tessera.elf"], check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    return {name: int(at, 16) for at, _, name in (line.split() for line in listed.splitlines())}


class Machine:
    """Stands before its first instruction until it is told to go."""

    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory()
        places = [pathlib.Path(self.folder.name) / name for name in ("qmp", "gdb", "shot")]
        qmp, gdb, self.shot = places
        self.serial = open(pathlib.Path(self.folder.name) / "serial", "w+b")
        self.qemu = subprocess.Popen(
            [ROOT / "tools/run", *options, "--", "-S", "-qmp", f"unix:{qmp},server=on,wait=off",
             "-gdb", f"unix:{gdb},server=on,wait=off"],
            stdin=subprocess.DEVNULL, stdout=self.serial, stderr=self.serial)
        try:
            self.stub, self.monitor = Stub(gdb), Monitor(qmp)
        except RuntimeError:
            self.end()
            raise
        self.symbols = symbols()

    def run_to(self, function):
        """Goes on, by one instruction at least, to where this function begins."""
        at = f"{self.symbols[function]:x}"
        self.stub.ask("s")
        self.stub.ask(f"Z1,{at},4")
        stop = self.stub.ask("c")
        self.stub.ask(f"z1,{at},4")
        if not stop.startswith("T05"):
            raise RuntimeError(f"the machine ended before {function}: {self.said()}")

    def arguments(self):
        """The first four of the function where it stands."""
        return struct.unpack("<4I", bytes.fromhex(self.stub.ask("g")[:32]))

    def picture(self):
        self.monitor.ask("screendump", filename=str(self.shot))
        return Picture(self.shot.read_bytes())

    def said(self):
        """On the serial line so far."""
        return pathlib.Path(self.serial.name).read_text(errors="replace")

    def end(self):
        self.qemu.kill()
        self.qemu.wait()
        self.serial.close()
        self.folder.cleanup()
