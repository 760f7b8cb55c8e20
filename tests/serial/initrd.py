"""Archives and programs, sound and broken, for the machine to find."""
import struct

import machine


def entry(name, data, mode):
    """One member of a cpio archive of the newc kind."""
    name_bytes = name.encode() + b"\0"
    fields = [0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name_bytes), 0]
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name_bytes
    head += b"\0" * (-len(head) % 4)
    return head + data + b"\0" * (-len(data) % 4)


def archive(files):
    """An archive of files by path."""
    body = b"".join(entry(name, data, 0o100755) for name, data in files.items())
    return body + entry("TRAILER!!!", b"", 0)


def program(name="hello"):
    return (machine.BUILD / "initrd/bin" / name).read_bytes()


# Offsets in an ELF header and in a program header: System V gABI, chapter 4 and 5.
EHDR = {"entry": 24, "phoff": 28, "phentsize": 42, "phnum": 44, "machine": 18, "type": 16}
PHDR = {"offset": 4, "vaddr": 8, "filesz": 16, "memsz": 20, "flags": 24, "align": 28}


def patched(data, at, form, value):
    size = struct.calcsize(form)
    return data[:at] + struct.pack(form, value) + data[at + size:]


def first_load(data):
    """Where the first loadable segment's program header is."""
    at = struct.unpack_from("<I", data, EHDR["phoff"])[0]
    while struct.unpack_from("<I", data, at)[0] != 1:
        at += 32
    return at


def broken_programs():
    """Programs that must be refused, by what is wrong with them."""
    good = program()
    load = first_load(good)

    def segment(field, value):
        return patched(good, load + PHDR[field], "<I", value)

    return {
        "empty": b"",
        "one_byte": b"\x7f",
        "text": b"#!/bin/sh\necho no\n",
        "no_magic": b"\x7fELG" + good[4:],
        "64_bit": patched(good, 4, "B", 2),
        "big_endian": patched(good, 5, "B", 2),
        "other_machine": patched(good, EHDR["machine"], "<H", 62),
        "shared_object": patched(good, EHDR["type"], "<H", 3),
        "header_only": good[:52],
        "headers_outside": patched(good, EHDR["phoff"], "<I", 0xfffffff0),
        "headers_past_end": patched(good, EHDR["phoff"], "<I", len(good) - 8),
        "wrong_header_size": patched(good, EHDR["phentsize"], "<H", 8),
        "no_headers": patched(good, EHDR["phnum"], "<H", 0),
        "too_many_headers": patched(good, EHDR["phnum"], "<H", 0xffff),
        "entry_in_kernel": patched(good, EHDR["entry"], "<I", 0x80010000),
        "entry_nowhere": patched(good, EHDR["entry"], "<I", 0x40000000),
        "segment_outside_file": segment("offset", 0x7ffff000),
        "segment_longer_than_file": segment("filesz", 0x00ffffff),
        "memory_smaller_than_file": segment("memsz", 1),
        "segment_in_kernel": segment("vaddr", 0x80010000),
        "segment_wraps": segment("vaddr", 0xfffff000),
        "segment_at_null": segment("vaddr", 0),
        "segment_huge": segment("memsz", 0x7fffffff),
        "truncated": good[:len(good) // 2],
    }


def broken_archives():
    """Archives that are not sound, by what is wrong with them."""
    good = archive({"bin/hello2": program(), "bin/other": program()})
    return {
        "truncated_in_data": good[:len(good) // 2],
        "truncated_in_head": good[:60],
        "no_trailer": good[:good.index(b"TRAILER") - 110],
        "garbage": bytes(range(256)) * 16,
        "size_too_large": good[:54] + b"FFFFFFF0" + good[62:],
        "name_too_long": good[:94] + b"FFFFFFFF" + good[102:],
        "digits_are_not": good[:54] + b"XYZXYZXY" + good[62:],
    }
