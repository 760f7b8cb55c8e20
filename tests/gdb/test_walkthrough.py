"""The session in docs/debugging.md, played, and its output compared. Numbers may change, words may not."""
import os
import pathlib
import re
import socket
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def written_session():
    """[(command, [lines])] of the document; the first command is None: what is printed on arrival."""
    block = re.search(r"```gdb\n(.*?)```", (ROOT / "docs/debugging.md").read_text(), re.S).group(1)
    session = [(None, [])]
    for line in block.splitlines():
        if line.startswith("(gdb) "):
            session.append((line[len("(gdb) "):], []))
        else:
            session[-1][1].append(line)
    return session


def without_numbers(line):
    return re.sub(r"0x[0-9a-f]+", "N", line).rstrip()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def play(commands, tmp_path):
    script = tmp_path / "commands"
    script.write_text("".join(f"echo == {n}\\n\n{c}\n" for n, c in enumerate(commands)))
    done = subprocess.run(["tools/run-gdb", str(free_port()), "tools/run", "--append", "demo seed=1"],
                          cwd=ROOT, env={**os.environ, "GDB_SCRIPT": str(script)}, timeout=120,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.decode()


def test_the_walk_through_is_true(tmp_path):
    session = written_session()
    text = play([command for command, _ in session[1:]], tmp_path)
    assert "migrate_pages <- " in text, text
    said = text[text.index("migrate_pages <- "):]
    parts = re.split(r"^== \d+\n", said, flags=re.M)
    assert len(parts) == len(session), said
    for (command, lines), part in zip(session, parts):
        found = [l for l in part.splitlines() if not l.startswith("[Inferior")]
        assert [without_numbers(l) for l in found] == [without_numbers(l) for l in lines], command


def test_every_command_has_help(tmp_path):
    text = play(["help " + c for c in ("tessera", "stage", "move", "page", "holders", "pte")], tmp_path)
    for words in ("tessera attach PORT", "stage [N]", "page in flight", "page PFN", "holders PFN", "pte ADDRESS"):
        assert words in text, text
