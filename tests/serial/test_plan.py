"""plan on the console, and what the request that follows it really did."""
import re

import pytest


def said(text, command):
    """What a command of run= printed."""
    return text.split("tessera> " + command + "\n", 1)[1].split("tessera> ", 1)[0]


FILLED = "frag 95% 1; alloc 10; alloc 10; alloc 10; alloc 10; alloc 10"


@pytest.mark.boot(append='run="%s; plan 10; bill clear; bill on; alloc 10; bill show; check"' % FILLED)
def test_the_bill_is_as_planned(booted):
    assert booted.status == 0, booted.text
    planned = re.search(r"answer=moves block=(0x\w+) pages=(\d+) on_the_way=(\d+) targets=(\d+) insns=(\d+)",
                        said(booted.text, "plan 10"))
    after = booted.text.split("tessera> bill on\n")[1]
    assert re.search(r"handle=6 pfn=%s order=10" % planned.group(1), after)
    moved = re.search(r"^total: .* moved=(\d+)", after, re.M)
    assert int(moved.group(1)) == int(planned.group(2)) + int(planned.group(3))


@pytest.mark.boot(append='run="%s; plan 10"' % FILLED)
def test_words(booted):
    """Blocks before the one that would move are named with their first frame; a bad order is one error."""
    for line in said(booted.text, "plan 10").strip().splitlines():
        assert re.match(r"plan zone=\w+ (order=\d+ answer=|looked_at=)|blocked zone=\w+ block=0x\w+ frames=\d+ first=0x\w+ reason=",
                        line), line


def test_errors(console):
    for line in ("plan 11", "plan x", "plan -1"):
        last = console.command(line).strip().splitlines()[-1]
        assert last == "error: ORDER is a number from 0 to 10", last
    assert "answer=free-already" in console.command("plan 8")
