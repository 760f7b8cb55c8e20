"""The sessions in the documents, played, and their output compared. Words may not change.

Numbers of three digits and more, and all numbers of what counts memory as a whole or tells times, may:
they change with the size of the kernel. tests/gdb/update-walkthrough writes them anew.
"""
import re

import pytest
from session import DOCUMENTS, consoles, listen, play, sessions

COUNTING = ("zones", "free-lists", "scanners", "tasks", "areas", "trace-tail", "check", "trace", "bill", "blame", "alloc",
            "compact", "frag")


def without_numbers(line, command):
    """Addresses and large numbers become N, and so does every number of a command that counts."""
    line = re.sub(r"\b0x[0-9a-f]+|\b[0-9a-f]{8}\b", "N", line)
    line = re.sub(r"\d+" if command and command.split()[0] in COUNTING else r"\d{3,}", "N", line)
    return re.sub(r"\s+", " ", line).rstrip()


def blind(lines, command):
    return [without_numbers(line, command) for line in lines]


def of_documents(read):
    """[(document's name: boot, boot, steps)]"""
    return [("%s: %s" % (d.name, boot), boot, steps) for d in DOCUMENTS for boot, steps in read(d.read_text())]


def parameters(read):
    found = of_documents(read)
    return pytest.mark.parametrize("boot, steps", [f[1:] for f in found], ids=[f[0] for f in found])


@parameters(sessions)
def test_the_walk_through_is_true(boot, steps):
    for step, said in zip(steps, play([s.command for s in steps[1:]], boot)):
        assert blind(said.splitlines(), step.command) == blind(step.lines, step.command), step.command


@parameters(consoles)
def test_what_the_console_says_is_true(boot, steps):
    for step, said in zip(steps, listen([s.command for s in steps], boot)):
        assert blind(said.splitlines(), step.command) == blind(step.lines, step.command), step.command
