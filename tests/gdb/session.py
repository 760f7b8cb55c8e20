"""Sessions of the debugger: read from a document, played on a machine.

A document names the machine of its next blocks in a comment, `<!-- gdb: BOOT ARGUMENTS -->`; all ```gdb
blocks up to the next such comment are one session.
"""
import os
import pathlib
import re
import socket
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/debugging.md"
PROMPT = "(gdb) "
MACHINE = re.compile(r"^<!-- gdb: (.*) -->$")


class Step:
    """A command, None for what is printed on arrival, and the lines of the document it is said to print."""

    def __init__(self, command, first):
        self.command, self.first, self.lines = command, first, []


def sessions(text):
    """[(boot arguments, [Step])] of a document; a Step knows its first line's number."""
    found, inside = [], False
    for n, line in enumerate(text.splitlines()):
        machine = MACHINE.match(line)
        if machine:
            found.append((machine.group(1), [Step(None, n)]))
        elif line.startswith("```"):
            inside = line == "```gdb"
            if inside and len(found[-1][1]) == 1 and not found[-1][1][0].lines:
                found[-1][1][0].first = n + 1
        elif inside and line.startswith(PROMPT):
            found[-1][1].append(Step(line[len(PROMPT):], n + 1))
        elif inside:
            found[-1][1][-1].lines.append(line)
    return found


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run(script, boot, options=(), timeout=120):
    """What gdb prints, run through tools/run-gdb with these commands of its own language."""
    with tempfile.NamedTemporaryFile("w", suffix=".gdb") as f:
        f.write(script)
        f.flush()
        done = subprocess.run(["tools/run-gdb", str(free_port()), "tools/run", *options, "--append", boot], cwd=ROOT,
                              env={**os.environ, "GDB_SCRIPT": f.name}, timeout=timeout, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.decode(errors="replace")


def guarded(n, command):
    """Each command alone, so that an error of one does not end the script."""
    return "echo == %d\\n\npython tessera_play(%r)\n" % (n, command)


PLAY = """python
def tessera_play(command):
    try:
        gdb.execute(command)
    except gdb.error as e:
        print(e)
end
"""


def play(commands, boot="demo seed=1", options=()):
    """[text printed on arrival, text printed by each command]."""
    text = run(PLAY + "".join(guarded(n, c) for n, c in enumerate(commands)), boot, options)
    assert "migrate_pages <- " in text, text
    said = text[text.index("migrate_pages <- "):]
    parts = re.split(r"^== \d+\n", said, flags=re.M)
    assert len(parts) == len(commands) + 1, text
    return [re.sub(r"^\[Inferior.*\n", "", part, flags=re.M) for part in parts]
