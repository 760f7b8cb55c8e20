"""The last events, read out of the rings, in the text that the machine's own dump has."""
import re

import gdb

from . import memory
from .command import Command, Wrong

NS = 1000000000
SHOWN = 20
FIELD = re.compile(r"%(?:\{(\w+)\}|([xupd]))")


def events():
    """(name, format) by number, from the machine's own table."""
    table = memory.variable("events", "base/trace.c")
    return [(table[n].text("name"), table[n].text("format")) for n in range(len(table))]


class Ring:
    def __init__(self, cpu, ring):
        self.cpu, self.first, self.size, self.written = cpu, ring.records, ring.size, ring.written
        self.step = memory.layout("record").size

    def last(self, most):
        kept = min(self.written, self.size, most)
        return [memory.at("record", self.first + n % self.size * self.step)
                for n in range(self.written - kept, self.written)]


def rings():
    found = memory.variable("rings", "base/trace.c")
    return [Ring(cpu, found[cpu]) for cpu in range(len(found))]


class NameSet:
    """Names of the values of one kind of word: one each, or bits."""
    known = {}

    def __init__(self, row):
        self.is_bits = row.is_bits
        self.values = []
        if row.values:
            whole = gdb.lookup_type("struct trace_value").array(row.count - 1)
            table = memory.Array(memory.resolved(whole), row.values)
            self.values = [(table[n].value, table[n].text("name")) for n in range(row.count)]

    @classmethod
    def named(cls, name):
        if not cls.known:
            sets = memory.variable("sets", "base/trace_text.c")
            cls.known = {sets[n].text("name"): cls(sets[n]) for n in range(len(sets))}
        return cls.known[name]

    def words(self, word):
        if not self.is_bits:
            return dict(self.values).get(word, "%d" % word)
        found = []
        for value, name in self.values:
            if word & value == value:
                found.append(name)
                word &= ~value
        return "|".join(found + (["0x%x" % word] if word else [])) or "none"


def field_words(found, word):
    """As put_word of base/trace_text.c does it."""
    names, kind = found.groups()
    if names:
        return NameSet.named(names).words(word)
    if kind == "d":
        return "%d" % (word - (1 << 32) if word >> 31 else word)
    return {"x": "%x", "p": "%08x", "u": "%d"}[kind] % word


def fields(form, words):
    left = iter(words)
    return FIELD.sub(lambda found: field_words(found, next(left)), form)


def record_line(record, cpu, known):
    name, form = known[record.event]
    return "%16.16s-%-7d [%03d] %s..%s. %5d.%09d: %s: %s" % (
        record.text("thread_name"), record.thread_id, cpu, "d" if record.irqs_off else ".",
        str(record.locks % 10) if record.locks else ".", record.insns // NS, record.insns % NS, name,
        fields(form, [record.words[n] for n in range(len(record.words))]))


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
