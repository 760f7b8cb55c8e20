"""The sessions in docs/debugging.md, played, and their output compared. Words may not change.

Numbers of three digits and more, and all numbers of what counts memory as a whole, may: they change
with the size of the kernel. tests/gdb/update-walkthrough writes them anew.
"""
import re

import pytest
from session import DOCUMENT, play, sessions

COUNTING = ("zones", "free-lists", "scanners", "tasks", "areas", "trace-tail", "check")


def without_numbers(line, command):
    """Addresses and large numbers become N, and so does every number of a command that counts."""
    line = re.sub(r"\b0x[0-9a-f]+|\b[0-9a-f]{8}\b", "N", line)
    line = re.sub(r"\d+" if command and command.split()[0] in COUNTING else r"\d{3,}", "N", line)
    return re.sub(r"\s+", " ", line).rstrip()


def ids():
    return [boot for boot, _ in sessions(DOCUMENT.read_text())]


@pytest.mark.parametrize("number", range(len(ids())), ids=ids())
def test_the_walk_through_is_true(number):
    boot, steps = sessions(DOCUMENT.read_text())[number]
    for step, said in zip(steps, play([s.command for s in steps[1:]], boot)):
        found = [without_numbers(line, step.command) for line in said.splitlines()]
        assert found == [without_numbers(line, step.command) for line in step.lines], step.command
