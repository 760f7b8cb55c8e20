"""Sessions of the debugger and of the console: read from a document, played on a machine.

A document names the machine of its next blocks in a comment, `<!-- gdb: BOOT ARGUMENTS -->`; all ```gdb
blocks up to the next such comment are one session. ```console blocks are what the same machine says on
its serial line when nobody debugs it: the commands of its run= argument, or some of them, in order.
"""
import os
import pathlib
import re
import socket
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "docs" / name for name in ("debugging.md", "one-migration.md", "stuck-pages.md")]
PROMPT = "(gdb) "
CONSOLE_PROMPT = "tessera> "
MACHINE = re.compile(r"^<!-- gdb: (.*) -->$")


class Step:
    """A command, None for what is printed on arrival, and the lines of the document it is said to print."""

    def __init__(self, command, first):
        self.command, self.first, self.lines = command, first, []


def blocks_of(text, kind, prompt):
    """[(boot arguments, [Step])] of the blocks of one kind; a Step knows its first line's number. The first
    Step of a machine has no command: it is what is printed on arrival."""
    found, inside = [], False
    for n, line in enumerate(text.splitlines()):
        machine = MACHINE.match(line)
        if machine:
            found.append((machine.group(1), [Step(None, n)]))
        elif line.startswith("```"):
            inside = line == "```" + kind
            if inside and len(found[-1][1]) == 1 and not found[-1][1][0].lines:
                found[-1][1][0].first = n + 1
        elif inside and line.startswith(prompt):
            found[-1][1].append(Step(line[len(prompt):], n + 1))
        elif inside:
            found[-1][1][-1].lines.append(line)
    return [(boot, steps) for boot, steps in found if len(steps) > 1]


def sessions(text):
    return blocks_of(text, "gdb", PROMPT)


def consoles(text):
    return [(boot, steps[1:]) for boot, steps in blocks_of(text, "console", CONSOLE_PROMPT)]


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


def listen(commands, boot):
    """What the machine says to each of these commands, which come in this order in its run= argument."""
    done = subprocess.run(["tools/run", "--append", boot], cwd=ROOT, timeout=120, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text, said = done.stdout.decode(errors="replace").replace("\r", ""), []
    for command in commands:
        _, found, text = text.partition(CONSOLE_PROMPT + command + "\n")
        assert found, "no `%s` in what the machine said" % command
        said.append(text.partition(CONSOLE_PROMPT)[0])
    return said
