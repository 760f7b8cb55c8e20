"""Every command says how it is used, and says in one line what is wrong with what it was given."""
import re

from session import ROOT, play, run

HELP = {
    "tessera": "tessera attach PORT", "tessera-commands": "migration step|next|show",
    "migration": "migration step|next|show", "migration step": "migration step [N]",
    "migration next": "next one is isolated", "migration show": "both frames", "page": "page FRAME",
    "rmap": "rmap FRAME", "why": "why FRAME", "walk": "walk ADDRESS [TASK]", "areas": "areas TASK", "tasks": "every task",
    "zones": "watermarks", "free-lists": "free-lists ZONE [ORDER]", "scanners": "both scanners",
    "trace-tail": "trace-tail [N]", "check": "recomputed from outside",
}
WRONG = {
    "page": "usage: page FRAME", "page 1 2": "usage: page FRAME", "page nonsense": "`nonsense`",
    "page 0x12": "frames are 0x80000 to 0x8ffff", "page nobody:0x10000": "no task `nobody`",
    "page main:0x10000": "`main` has no address space", "page churn:0x7": "no frame is mapped at 0x00000007 of churn",
    "page churn:": "an address after `churn:`", "page 0xffffffffff": "does not exist",
    "rmap": "usage: rmap FRAME", "why 0": "frame 0x0 does not exist", "walk": "usage: walk ADDRESS [TASK]",
    "walk 0x10000 99": "no task `99`", "walk 0x10000": "main has no address space", "walk 0x123456789": "32 bits",
    "walk $nothing": "`$nothing`", "areas": "usage: areas TASK", "areas main": "no address space", "tasks 1": "usage: tasks",
    "zones all": "usage: zones", "free-lists": "usage: free-lists ZONE [ORDER]", "free-lists fast": "Normal expected",
    "free-lists normal 11": "ORDER is 0 to 10", "scanners 2": "usage: scanners", "trace-tail no": "events from 1",
    "trace-tail 0": "events from 1", "migration step none": "stages from 1", "migration step 0": "stages from 1",
    "migration next 2": "usage: migration next", "tessera detach 1": "usage: tessera attach PORT",
    "check all": "usage: check",
}


def commands_in_source():
    """Every name that a command is registered under."""
    text = "".join(p.read_text() for p in sorted((ROOT / "tools/gdb/tessera").glob("*.py")))
    names = re.findall(r'^[A-Z]\w+\("([a-z -]+)"\)', text, re.M) + re.findall(r'__init__\("([a-z]+)", gdb\.', text)
    return set(names)


def test_help_covers_every_command():
    assert commands_in_source() == set(HELP)


def test_help_and_errors():
    said = play(["help " + c for c in HELP] + list(WRONG))[1:]
    for (command, words), text in zip(HELP.items(), said):
        assert words in text, command
    for (command, words), text in zip(WRONG.items(), said[len(HELP):]):
        assert text.startswith("error: ") and text.count("\n") == 1 and words in text, (command, text)


def test_every_example_runs():
    """The examples of the help, on a machine that has a page in flight."""
    helps = play(["help " + c for c in HELP])[1:]
    examples = [e.strip() for text in helps for line in re.findall(r"Examples?: ([^\n]*)", text) for e in line.split(";")]
    assert len(examples) > len(HELP)
    for command, text in zip(examples, play(["migration step"] + examples)[2:]):
        assert text and not text.startswith("error: ") and "Python Exception" not in text, (command, text)


def test_the_tail_is_what_the_machine_would_dump():
    """Names of values, bits and times as base/trace_text.c has them."""
    said = play(["migration step 8", "trace-tail 40"], "trace=* demo seed=1")[2]
    assert re.search(r"-\d+ +\[000\] \S+ +\d+\.\d{9}: mm_page_alloc: page=\w+ pfn=0x\w+ order=0 migratetype=\d "
                     r"gfp_flags=\w+", said), said
    assert re.search("migrate_stage: pfn=0x[0-9a-f]+ to=0x8ff00 stage=remap", said), said


def test_without_a_machine():
    """A port where nobody listens: one line, no traceback."""
    text = run("python\ntry:\n    gdb.execute('tessera attach 1')\nexcept gdb.error as e:\n    print(e)\nend\n", "demo seed=1")
    assert "error: " in text and "Traceback" not in text
