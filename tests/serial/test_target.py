"""The tests that run inside the kernel, on both boards: each of their cases is one here."""
import re

import pytest

from machine import BOOTS

ZONES = "dma=16M lowmem=128M movable=64M"
BOARDS = {
    "vexpress-a15": {}, "virt": {"board": "virt"}, "four-zones": {"more": ZONES},
    "four-cpus": {"smp": 4}, "four-cpus-at-once": {"smp": 4, "real_time": True},
}
LINE = re.compile(r"^(not ok|ok) (\d+) (\S+)(?: # (.*))?$", re.MULTILINE)


class Run:
    """A run of all target tests, taken apart."""

    def __init__(self, booted):
        self.booted = booted
        self.planned = re.search(r"^KTAP version 1\n1\.\.(\d+)$", booted.text, re.MULTILINE)
        self.cases = {}
        at = 0
        for found in LINE.finditer(booted.text):
            said = booted.text[at:found.start()]
            comments = [line for line in said.splitlines() if line.startswith("#")]
            self.cases[found.group(3)] = (found.group(1) == "ok", found.group(4) or "", comments)
            at = found.end()


def start(board):
    options = dict(BOARDS[board])
    more = options.pop("more", "")
    return BOOTS.start({**options, "append": f"test=* loglevel=0 {more}", "timeout": 150})


RUNS = {}


def run_of(board):
    if board not in RUNS:
        RUNS[board] = Run(start(board).result())
    return RUNS[board]


def pytest_generate_tests(metafunc):
    if "case" not in metafunc.fixturenames:
        return
    for board in BOARDS:
        start(board)
    cases = [(board, case) for board in BOARDS for case in run_of(board).cases]
    metafunc.parametrize("board, case", cases, ids=[f"{board}-{case}" for board, case in cases])


@pytest.mark.parametrize("board", BOARDS)
def test_run_is_complete(board):
    run = run_of(board)
    assert run.planned, run.booted.text
    assert len(run.cases) == int(run.planned.group(1)), run.booted.text[-3000:]
    assert run.booted.status == (0 if all(ok for ok, _, _ in run.cases.values()) else 1)


def test_target(board, case):
    passed, note, comments = run_of(board).cases[case]
    if note.startswith("SKIP"):
        pytest.skip(note)
    assert passed, "\n".join(comments)


@pytest.mark.boot(append="test=no-such-suite.*")
def test_pattern_without_match(booted):
    assert booted.status == 1
    assert "error: no test matches" in booted.text


@pytest.mark.boot(append="test=protection.*")
def test_pattern_picks(booted):
    assert booted.status == 0
    assert "alloc." not in booted.text
