"""The prompt at a real terminal (a pty, QEMU with its monitor beside it) and over a pipe."""
import re
import subprocess

import pexpect
import pytest

from machine import ENVIRONMENT, ROOT, run_arguments

PROMPT = "tessera> "
UP, LEFT, HOME = "\x1b[A", "\x1b[D", "\x1bOH"


@pytest.fixture
def terminal():
    child = pexpect.spawn(str(ROOT / "tools/run"), ["--interactive"], cwd=str(ROOT), env=ENVIRONMENT, timeout=60,
                          encoding="utf-8", codec_errors="replace", echo=False, dimensions=(24, 80))
    child.expect_exact(PROMPT)
    yield child
    child.close(force=True)


def answer(terminal, keys):
    """What is printed after the echo of these keys, up to the next prompt."""
    terminal.send(keys)
    terminal.expect_exact(PROMPT)
    return terminal.before.replace("\r", "")


def test_keys_at_a_terminal(terminal):
    assert answer(terminal, "heck" + HOME + "c\r").endswith("\nok\n")
    assert answer(terminal, UP + "\r").endswith("\nok\n")
    assert answer(terminal, "checkk" + LEFT + "\x1b[3~\r").endswith("\nok\n")
    assert answer(terminal, "chec\t\r").endswith("\nok\n")
    assert "^C" in answer(terminal, "nonsense\x03")
    terminal.send("bu\tx\x15poweroff 3\r")
    terminal.expect(pexpect.EOF)
    terminal.wait()
    assert terminal.exitstatus == 3


def test_watch_draws_until_a_key(terminal):
    terminal.send("watch buddyinfo\r")
    for _ in range(2):  # each drawing goes to the upper left corner
        terminal.expect_exact("\x1b[H")
        terminal.expect("Node 0, zone +Normal")
    assert answer(terminal, UP).count("error") == 0  # a key of three bytes ends it, and is no more
    assert answer(terminal, "check\r").endswith("\nok\n")


def piped(text):
    """What the machine says to these bytes, and its status."""
    done = subprocess.run(run_arguments({}), input=text.encode(), cwd=ROOT, env=ENVIRONMENT, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout.decode(errors="replace")


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"], ids=["CR", "LF", "CRLF"])
def test_lines_over_a_pipe(end):
    status, text = piped(end.join(["check", "alloc 0", "handles", "foo", "poweroff 7", ""]))
    assert status == 7, text
    assert text.count(PROMPT) == 5, text  # a line end of two bytes is one line
    assert "\nok\n" in text and "\nhandle=1 " in text and "\nerror: no command 'foo'" in text


def test_watch_over_a_pipe():
    status, text = piped("watch 2 handles\rwatch 0 ps\rwatch 2 nothing\rwatch 2 watch ps\rpoweroff\r")
    assert status == 0
    assert re.findall(r"^== handles (\d) of 2$", text, re.M) == ["1", "2"], text
    assert text.count("error: ") == 3 and "\x1b" not in text
