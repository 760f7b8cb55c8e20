"""Photographs of the display: their pixels against what the console says of the same memory."""
import collections
import re
import struct
import subprocess
import zlib

import pytest

from machine import BOOTS, ENVIRONMENT, ROOT

MEM = 64
CELL = 25  # pixels of a frame, at this size of memory
# As the display shows them: five bits each of red, green and blue.
COLOURS = {"anon": 0xe09030, "free": 0x102040, "pages": 0xf840a8, "targets": 0x40f8c0}
MOVED = (0x20f840, 0x68d840, 0xa8b838)  # anonymous pages too, for a few refreshes


def chunks(png):
    at = 8
    while at < len(png):
        size, name = struct.unpack(">I4s", png[at:at + 8])
        data = png[at + 8:at + 8 + size]
        assert zlib.crc32(name + data) == struct.unpack(">I", png[at + 8 + size:at + 12 + size])[0]
        yield name, data
        at += 12 + size


def pixels_of(path):
    """{colour: pixels} of a PNG with a palette and unfiltered rows, as tools/photograph.py writes it."""
    parts = dict(chunks(path.read_bytes()))
    width, height, depth, kind = struct.unpack(">IIBB", parts[b"IHDR"][:10])
    assert (width, height, depth, kind) == (1024, 768, 8, 3)
    rows, counts = zlib.decompress(parts[b"IDAT"]), collections.Counter()
    for y in range(height):
        row = rows[y * (width + 1):(y + 1) * (width + 1)]
        assert row[0] == 0
        counts.update(row[1:])
    palette = parts[b"PLTE"]
    return {int.from_bytes(palette[3 * n:3 * n + 3], "big"): pixels for n, pixels in counts.items()}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    done = subprocess.run([ROOT / "tools/picture", "--out", folder, "--mem", str(MEM)], cwd=ROOT, env=ENVIRONMENT,
                          timeout=120, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout.decode()
    return {name: pixels_of(folder / (name + ".png")) for name in ("before", "in-flight", "after")}


def frames(picture, *colours):
    return sum(picture.get(c, 0) for c in colours) // CELL


def test_pictures_show_what_the_console_says(pictures):
    """As many cells in use by programs as the filler keeps, and a few of the others'; free ones come together."""
    said = {k: int(v) for k, v in BOOTS.start({"mem": MEM, "append": "demo"}).result().results().items() if v.isdigit()}
    kept = said["pages"] - said["released"]
    for name in ("before", "after"):
        assert kept <= frames(pictures[name], COLOURS["anon"], *MOVED) < 1.15 * kept, name
    assert frames(pictures["before"], COLOURS["free"]) < 0.6 * frames(pictures["after"], COLOURS["free"])


def test_both_scanners_are_seen(pictures):
    half_way = pictures["in-flight"]
    for what in ("pages", "targets"):
        legend = pictures["before"].get(COLOURS[what], 0)
        assert half_way[COLOURS[what]] > legend, what
    free = [pictures[name][COLOURS["free"]] for name in ("before", "in-flight", "after")]
    assert free == sorted(free) and free[0] < free[1] < free[2]


@pytest.mark.boot(board="virt", append='run="display on"')
def test_a_board_without_a_display(booted):
    assert booted.status == 1
    assert len(re.findall(r"^error: .*display", booted.text, re.M)) == 1, booted.text


def test_pictures_of_the_readme_are_there():
    for name in re.findall(r"\((docs/pictures/\S+\.png)\)", (ROOT / "README.md").read_text()):
        assert (ROOT / name).stat().st_size < 60000
        assert sum(pixels_of(ROOT / name).values()) == 1024 * 768
    assert "docs/pictures/" in (ROOT / "README.md").read_text()
