"""The last events, read out of the rings, in the text that the machine's own dump has."""
import re

from . import memory
from .command import Command, Wrong

NS, US = 1000000000, 1000
SHOWN = 20


def events():
    """(name, format) by number, from the machine's own table."""
    table = memory.variable("events", "base/trace.c")
    return [(table[n].text("name"), table[n].text("format")) for n in range(len(table))]


class Ring:
    def __init__(self, cpu, ring):
        self.cpu, self.ring = cpu, ring
        self.records = ring.records
        self.written = ring.written

    def last(self, most):
        kept = min(self.written, len(self.records))
        return [self.records[n % len(self.records)] for n in range(self.written - min(most, kept), self.written)]


def rings():
    found = memory.variable("rings", "base/trace.c")
    return [Ring(cpu, found[cpu]) for cpu in range(len(found))]


def fields(form, words):
    """As the machine's print does it: %u and %x, nothing else."""
    wanted = len(re.findall("%", form))
    return form.replace("%u", "%d") % tuple(words[n] for n in range(wanted))


def record_line(record, cpu, known):
    name, form = known[record.event]
    return "%16.16s-%-7d [%03d] %s..%s. %5d.%06d: %s: %s" % (
        record.text("thread_name"), record.thread_id, cpu, "d" if record.irqs_off else ".",
        str(record.locks % 10) if record.locks else ".", record.insns // NS, record.insns % NS // US, name,
        fields(form, record.words))


class TraceTail(Command):
    """trace-tail [N]: the last N events (20), oldest first, as `trace dump` prints them.

    Events are recorded when `trace on` of the console, or `trace=` at boot, or here
    `set var trace_enabled = -1`, says so. Example: trace-tail 5"""
    most = 1

    def lines(self, given):
        if given and (not given[0].isdigit() or int(given[0]) == 0):
            raise Wrong("N is a number of events from 1, not `%s`" % given[0])
        most, known = int(given[0]) if given else SHOWN, events()
        found = sorted(((r.insns, ring.cpu, n, r) for ring in rings() for n, r in enumerate(ring.last(most))),
                       key=lambda f: f[:3])[-most:]
        if not found:
            yield "no event was recorded%s" % ("" if memory.variable("trace_enabled") else ": none is enabled")
        for _, cpu, _, record in found:
            yield record_line(record, cpu, known)


TraceTail("trace-tail")
