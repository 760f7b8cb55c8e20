"""Disks: raw images made here, read and written by the machine, looked at afterwards."""
import itertools
import re
import struct

import pytest

from machine import BUILD

SECTOR = 512
IMAGES = BUILD / "test-disks"
WAYS = list(itertools.product(("vexpress-a15", "virt"), ("legacy", "modern")))


def numbered(number):
    """A sector that says over and over which one it is."""
    return struct.pack("<128I", *[number] * 128)


def image(name, content):
    """A file of its own for one boot: QEMU locks what it writes to."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    path = IMAGES / name
    path.write_bytes(content)
    return path


def numbered_image(name, sectors=64):
    return image(name, b"".join(numbered(n) for n in range(sectors)))


def sector_of(path, number):
    with open(path, "rb") as f:
        f.seek(number * SECTOR)
        return f.read(SECTOR)


def text_sector(text):
    return ((text + " ") * SECTOR).encode()[:SECTOR]


def transport(kind):
    return f"-global virtio-mmio.force-legacy={'true' if kind == 'legacy' else 'false'}"


def drive(text):
    """A disk by QEMU's own words."""
    return f"-drive if=none,id=x,{text} -device virtio-blk-device,drive=x"


def disk_line(boot, name):
    """The last that `disks` said of it."""
    return re.findall(rf"^disk={name} .*$", boot.text, re.MULTILINE)[-1]


def errors_of(boot):
    return re.findall(r"^error: .*$", boot.text, re.MULTILINE)


def cases(mark):
    return [pytest.param(b, t, marks=mark(b, t), id=f"{b}-{t}") for b, t in WAYS]


def two_disks(board, kind):
    disks = (numbered_image(f"a-{board}-{kind}"), numbered_image(f"b-{board}-{kind}", 32))
    return pytest.mark.boot(
        board=board, smp=4, disk=disks, qemu=transport(kind),
        append='run="disk read vda 7; disk write vda 9 first; disk write vdb 3 other; '
               'disk read vda 9; disks; check"')


@pytest.mark.parametrize("board, kind", cases(two_disks))
def test_what_is_on_two_disks(booted, board, kind):
    assert booted.status == 0, booted.text
    assert "000  07 00 00 00 07 00 00 00 07" in booted.text
    assert "000  66 69 72 73 74 20 66 69 72" in booted.text
    assert "sectors=64 state=ok" in disk_line(booted, "vda")
    assert "reads=2 writes=1 flushes=1" in disk_line(booted, "vda")
    assert "sectors=32 state=ok" in disk_line(booted, "vdb")
    a, b = IMAGES / f"a-{board}-{kind}", IMAGES / f"b-{board}-{kind}"
    assert sector_of(a, 9) == text_sector("first") and sector_of(b, 3) == text_sector("other")
    assert all(sector_of(a, n) == numbered(n) for n in range(64) if n != 9)
    assert all(sector_of(b, n) == numbered(n) for n in range(32) if n != 3)


def scratch(board, kind):
    path = image(f"s-{board}-{kind}", b"tessera scratch".ljust(1 << 20, b"\0"))
    return pytest.mark.boot(board=board, smp=4, disk=path, qemu=transport(kind),
                            append='test="block.*"')


@pytest.mark.parametrize("board, kind", cases(scratch))
def test_many_requests_at_once(booted, board, kind):
    assert booted.status == 0, booted.text
    assert re.search(r"^ok \d+ block.what_is_written_to_a_virtio_disk_is_read_again$", booted.text,
                     re.MULTILINE), booted.text


@pytest.mark.boot(kernel=BUILD / "tessera.elf", dtb="", disk=numbered_image("elf"),
                  append='run="disk read vda 7"')
def test_disk_of_an_elf_without_a_tree(booted):
    assert "000  07 00 00 00 07" in booted.text, booted.text


@pytest.mark.boot(qemu=drive(f"format=raw,readonly=on,file={numbered_image('readonly')}"),
                  append='run="disk write vda 3 x; disk read vda 3; disks; check"')
def test_read_only_disk(booted):
    assert booted.status == 1
    assert errors_of(booted)[0] == (
        "error: vda: write at sector 3, count 1: the disk is read-only")
    assert "000  03 00 00 00" in booted.text
    assert "state=read-only" in disk_line(booted, "vda")
    assert booted.text.rstrip().endswith("ok")


@pytest.mark.boot(disk=(image("short", b"x" * (3 * SECTOR + 5)), image("empty", b"")),
                  append='run="disk read vda 3; disk read vda 4; disk read vdb 0; '
                         'disk read vda 4294967295; disk read vdc 0; check"')
def test_disk_that_is_too_short(booted):
    assert booted.status == 1
    assert "000  78 78 78 78 78 00 00" in booted.text
    for what in ("vda: read at sector 4", "vdb: read at sector 0", "vda: read at sector 4294967295"):
        assert f"error: {what}, count 1: beyond the end of the disk" in booted.text
    assert "error: no disk vdc" in booted.text
    assert booted.text.rstrip().endswith("ok")


@pytest.mark.boot(
    qemu=drive("driver=raw,file.driver=blkdebug,file.image.driver=file,"
               f"file.image.filename={numbered_image('broken')},"
               "file.inject-error.0.event=read_aio,file.inject-error.0.errno=5,"
               "file.inject-error.0.sector=7"),
    append='run="disk read vda 7; disk read vda 8; disks; check"')
def test_error_of_the_disk(booted):
    assert booted.status == 1
    assert errors_of(booted) == ["error: vda: read at sector 7, count 1: I/O error",
                                 "error: vda, sector 7: I/O error"]
    assert "000  08 00 00 00" in booted.text
    assert "state=ok" in disk_line(booted, "vda") and "errors=1 " in disk_line(booted, "vda")
    assert booted.text.rstrip().endswith("ok")


# QEMU itself reads the first sector, and with it has spent what it may for the next 500 seconds.
@pytest.mark.boot(
    smp=2, disk=numbered_image("beside"),
    qemu=drive(f"format=raw,throttling.bps-total=1,file={numbered_image('silent')}"),
    append='disktimeout=1 run="disk read vdb 7; disk read vdb 8; disk read vda 3; disks; check"')
def test_disk_that_never_answers(booted):
    assert booted.status == 1
    assert errors_of(booted)[0] == (
        "error: vdb: it does not answer: the disk has failed and is not used any more "
        "(pages it may still reach: 1)")
    assert "error: vdb: read at sector 8, count 1: the disk has failed" in booted.text
    assert "000  03 00 00 00" in booted.text
    assert "state=failed" in disk_line(booted, "vdb") and "state=ok" in disk_line(booted, "vda")
    assert booted.text.rstrip().endswith("ok")


@pytest.mark.boot(append='ramdisk=64K fail=block_read:2 '
                         'run="disk write ram0 1 xy; disk read ram0 1; disk read ram0 1; '
                         'disk read ram0 1; disks"')
def test_injected_error_on_a_ram_disk(booted):
    assert booted.status == 1
    assert booted.text.count("000  78 79 20 78") == 2
    assert errors_of(booted)[0] == "error: ram0: read at sector 1, count 1: made to fail"
    assert "sectors=128 state=ok" in disk_line(booted, "ram0")


@pytest.mark.boot(mem=16, append='ramdisk=64M run="disks; check"')
def test_ram_disk_that_does_not_fit(booted):
    assert "error: no memory for a disk of 65536 KiB (ramdisk=)" in booted.text
    assert "no disks: start with" in booted.text
    assert booted.status == 0
