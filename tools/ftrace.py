"""A dump of events in the ftrace text layout, taken apart: for the tools beside this file.

The dump may stand anywhere in a log of the console: what is no event, no header and no word of loss is
passed over before the dump begins and after it ends; inside it, it is an error.
"""
import re
import sys

HEADER = "# tracer: nop"
EVENT = re.compile(r"^ *(?P<task>.{1,16}?)-(?P<tid>\d+) +\[(?P<cpu>\d{3})\] (?P<flags>\S{5}) +"
                   r"(?P<seconds>\d+)\.(?P<fraction>\d{6}|\d{9}): (?P<name>\w+): (?P<text>.*)$")
LOST = re.compile(r"^CPU:(\d+) \[LOST (\d+) EVENTS\]$")
FIELD = re.compile(r"(\w+)=(\([^)]*\)|[^\s,]+)")
ENDS = re.compile(r"^(tessera> .*|\d*)$")  # the console goes on, or the machine has ended


class Malformed(Exception):
    """A line that should be of a dump: the text is for the user."""


class Event:
    def __init__(self, found, line):
        self.task, self.tid, self.cpu = found["task"].strip(), int(found["tid"]), int(found["cpu"])
        self.flags, self.name, self.line = found["flags"], found["name"], line
        self.ns = int(found["seconds"]) * 10**9 + int(found["fraction"].ljust(9, "0"))
        self.fields = dict(FIELD.findall(found["text"]))


class Dump:
    """Events in the order of time, and how many the rings had no room for."""

    def __init__(self):
        self.events, self.lost = [], 0

    def add(self, text, line):
        lost, found = LOST.match(text), EVENT.match(text)
        if lost:
            self.lost += int(lost.group(2))
        elif found:
            self.events.append(Event(found, line))
        elif text and not text.startswith("#"):
            return False
        return True


def read(text):
    """The Dump that a text holds; raises Malformed."""
    dump, inside, seen = Dump(), False, False
    for line, words in enumerate(text.replace("\r", "").split("\n"), 1):
        inside |= words == HEADER
        seen |= inside
        if not inside or dump.add(words, line):
            continue
        if not ENDS.match(words):
            raise Malformed("line %d is no event: %s" % (line, words[:60]))
        inside = False
    if not seen:
        raise Malformed("no dump in it: a line `%s` is where one begins" % HEADER)
    dump.events.sort(key=lambda e: e.ns)
    return dump


def read_file(path):
    """The same of a file, or of standard input for `-`; ends the program with one line if it can not be."""
    try:
        with sys.stdin if path == "-" else open(path, errors="replace") as f:
            return read(f.read())
    except (OSError, Malformed) as wrong:
        sys.exit("error: %s: %s" % (path, getattr(wrong, "strerror", None) or wrong))
