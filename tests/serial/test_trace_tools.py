"""Dumps of events, made by a machine, through the tools that read them; the output by its format's rules.

Trace Event Format: each event has a phase and a time in microseconds; B and E nest on a thread, b and e
pair by category and id; times do not go back. Perfetto's importer asks for the same.
"""
import collections
import json
import re
import subprocess

import pytest

from machine import BOOTS, ROOT

SCRIPT = ("frag 95% 1; trace on mm_compaction_try*,mm_compaction_begin,mm_compaction_end,direct*,migrate*,mm_migrate*; "
          "alloc 8; alloc 8; alloc 8; alloc 9; trace dump")
BOOT = {"mem": 64, "append": 'trace_events=32768 run="%s"' % SCRIPT}
SMALL = {"mem": 64, "append": 'run="%s"' % SCRIPT}  # a ring that is too small for it
HEAD = "# tracer: nop\n"
LINE = "            main-5       [000] .....     0.0386910%02d: %s\n"


def tool(name, text, *more):
    done = subprocess.run([ROOT / "tools" / name, "-", *more], input=text.encode(), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def dump_of(options):
    return BOOTS.start(options).result().text


def converted(text):
    status, out, error = tool("trace-to-perfetto", text)
    assert status == 0, error
    return json.loads(out)


def count(text, name):
    return len(re.findall(r": %s: " % name, text))


def then_slices_nest(events):
    stacks = collections.defaultdict(list)
    for e in events:
        stack = stacks[e["tid"]]
        if e["ph"] == "B":
            stack.append(e["name"])
        elif e["ph"] == "E":
            assert stack and stack.pop() == e["name"], e
    assert not any(stacks.values())


def then_pages_pair(events):
    flying = set()
    for e in events:
        if e["ph"] == "b":
            assert e["id"] not in flying, e
            flying.add(e["id"])
        elif e["ph"] in "ne":
            assert e["cat"] == "page" and e["id"] in flying, e
        if e["ph"] == "e":
            flying.remove(e["id"])
    assert not flying


def then_fits_the_format(trace):
    assert set(trace) == {"traceEvents", "displayTimeUnit", "otherData"} and trace["displayTimeUnit"] == "ns"
    before = 0
    for e in trace["traceEvents"]:
        assert e["ph"] in "BEbneiM" and isinstance(e["name"], str) and isinstance(e["ts"], (int, float)), e
        assert isinstance(e["pid"], int) and isinstance(e["tid"], int), e
        assert e["ph"] != "i" or e["s"] == "t"
        if e["ph"] != "M":
            assert e["ts"] >= before, e
            before = e["ts"]
    then_slices_nest(trace["traceEvents"])
    then_pages_pair(trace["traceEvents"])


def test_every_event_is_in_the_file():
    text = dump_of(BOOT)
    trace = converted(text)
    then_fits_the_format(trace)
    phases = collections.Counter((e["ph"], e["name"]) for e in trace["traceEvents"])
    assert count(text, "mm_compaction_begin") > 1
    assert phases["B", "compaction"] == count(text, "mm_compaction_begin")
    assert phases["B", "migrate_pages"] == count(text, "mm_migrate_pages_start")
    assert phases["B", "direct compaction"] == count(text, "mm_compaction_try_to_compact_pages")
    stages = sum(n for (phase, _), n in phases.items() if phase == "n")
    assert stages == count(text, "migrate_stage") > 100
    moved = [e for e in trace["traceEvents"] if e["ph"] == "e" and e["args"].get("stage") == "finish"]
    assert len(moved) == len(re.findall(r"stage=finish", text))
    assert trace["otherData"] == {"events lost": 0}


def test_a_dump_that_begins_in_the_middle():
    text = dump_of(SMALL)
    trace = converted(text)
    then_fits_the_format(trace)
    lost = int(re.search(r"LOST (\d+) EVENTS", text).group(1))
    assert trace["otherData"] == {"events lost": lost} and lost > 0


def test_histogram():
    text = dump_of(BOOT)
    status, out, error = tool("latency", text)
    assert status == 0, error
    waits = count(text, "direct_compaction_end")
    assert out.startswith("direct compaction: waits=%d torn=0 events_lost=0\n" % waits) and waits > 1
    figures = {k: int(v) for k, v in re.findall(r"(p50|p90|p99|max)=(\d+)", out)}
    assert 0 < figures["p50"] <= figures["p90"] <= figures["p99"] <= figures["max"]
    assert sum(int(n) for n in re.findall(r" : (\d+) ", out)) == waits


def test_percentiles_by_hand():
    begin, end = "mm_compaction_try_to_compact_pages: order=8 priority=1", "direct_compaction_end: order=8 captured=1"
    lines = "".join(LINE % (10 * n, begin) + LINE % (10 * n + n, end) for n in range(1, 10))
    status, out, _ = tool("latency", HEAD + lines)
    assert status == 0 and "p50=5 p90=9 p99=9 max=9" in out, out
    status, out, _ = tool("latency", HEAD + "CPU:0 [LOST 7 EVENTS]\n" + LINE % (1, end) + LINE % (2, begin))
    assert out == "direct compaction: waits=0 torn=2 events_lost=7\n", out


@pytest.mark.parametrize("name", ["trace-to-perfetto", "latency"])
def test_what_is_no_dump(name):
    for text, words in (("", "no dump in it"), ("hello\n", "no dump in it"),
                        (HEAD + "main-5 [000] 1.0: x\n", "line 2 is no event"),
                        (HEAD + LINE % (1, "migrate_begin: pfn=0x1") + "garbage here\n", "line 3 is no event")):
        status, out, error = tool(name, text)
        assert status == 1 and not out and error.startswith("error: -: ") and words in error and error.count("\n") == 1
    status, _, error = tool(name, "", "too", "many", "words")
    assert status == 1 and error.startswith("usage: ")


def test_a_file_that_is_not_there():
    done = subprocess.run([ROOT / "tools/latency", "/nowhere/at-all"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 1 and done.stderr.decode().startswith("error: /nowhere/at-all: ")
