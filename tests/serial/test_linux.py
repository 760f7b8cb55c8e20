"""Programs made for Linux, of glibc, unmodified: on Tessera, and the same bytes under an emulator of Linux.

What a program says is a line a check and a last line that counts; every check must be right.
"""
import re
import subprocess

import pytest

from machine import BUILD

INITRD = str(BUILD / "linux.cpio")
STORIES = ("start", "memory", "processes", "threads", "signals", "files", "float", "cxx", "heap",
           "boundary")

# The emulator of Linux has no archive, leaves exec to the host, and answers some bad arguments of
# the memory calls with other errors than Linux: these run on Tessera alone.
UNDER_EMULATOR = [name for name in STORIES if name not in ("files", "processes", "memory",
                                                                 "boundary")]

BOARDS = {
    "vexpress-a15": {},
    "virt": {"board": "virt"},
    "four-cpus": {"smp": 4, "real_time": True},
}


UNKNOWN = r"system call \d+ \((\w+)\) does not exist here"
DONE_WITHOUT = {"rseq"}  # the C library asks for these and does without


def machine(board, story):
    """The boot that runs one story and then looks at all invariants."""
    return pytest.param(board, story, marks=pytest.mark.boot(
        initrd=INITRD, append=f'run="exec {story}; compact; check"', timeout=120, **BOARDS[board]))


def expect_all_right(text, story):
    wrong = re.findall(r"^WRONG .*$", text, re.MULTILINE)
    assert not wrong, "\n".join(wrong)
    ended = re.search(rf"^{story}: (\d+) checks, (\d+) failed$", text, re.MULTILINE)
    assert ended, text[-3000:]
    assert int(ended.group(1)) > 0 and ended.group(2) == "0"
    assert len(re.findall(r"^ok ", text, re.MULTILINE)) == int(ended.group(1))


@pytest.mark.parametrize("board, story", [machine(b, s) for b in BOARDS for s in STORIES])
def test_story(booted, board, story):
    text = booted.text.replace("\r", "")
    expect_all_right(text.split("tessera> compact")[0], story)
    assert set(re.findall(UNKNOWN, text)) <= DONE_WITHOUT
    assert booted.status == 0, text[-3000:]


@pytest.mark.parametrize("story", UNDER_EMULATOR)
def test_story_on_linux(story):
    done = subprocess.run(["qemu-arm-static", str(BUILD / "linux" / story)], timeout=120,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    expect_all_right(done.stdout.decode(errors="replace"), story)
    assert done.returncode == 0


@pytest.mark.boot(initrd=INITRD, append='run="exec unknown; exec unknown"')
def test_unknown_call_is_logged_once_by_name(booted):
    assert booted.status == 0, booted.text
    names = re.findall(UNKNOWN, booted.text)
    assert sorted(set(names) - DONE_WITHOUT) == ["bpf", "io_uring_setup", "kexec_load"]
    assert len(names) == len(set(names))
