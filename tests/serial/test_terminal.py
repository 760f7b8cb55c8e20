"""A program at the terminal: lines with echo and editing, then keys without."""
import signal

from pexpect.popen_spawn import PopenSpawn
import pytest

from machine import ENVIRONMENT, ROOT, run_arguments


@pytest.fixture
def typist():
    qemu = PopenSpawn(run_arguments({"append": "init=bin/typist"}), cwd=ROOT, env=ENVIRONMENT,
                      timeout=60, encoding="utf-8", codec_errors="replace")
    qemu.expect_exact("typist: lines\n")
    yield qemu
    if qemu.proc.poll() is None:
        qemu.kill(signal.SIGKILL)
        qemu.wait()


def test_lines_are_edited_and_echoed(typist):
    typist.send("hello\r")
    typist.expect_exact("hello\ntypist: 6 <hello\n>\n")
    typist.send("wrong\x7f\x7f\b\b\bright\r")
    typist.expect_exact("wrong" + "\b \b" * 5 + "right\ntypist: 6 <right\n>\n")
    typist.send("all of it\x15kept\r")
    typist.expect_exact("typist: 5 <kept\n>\n")
    typist.send("two\rlines\r")
    typist.expect_exact("typist: 4 <two\n>\n")
    typist.expect_exact("typist: 6 <lines\n>\n")
    typist.send("part\x04")
    typist.expect_exact("part" + "typist: 4 <part>\n")


def test_an_end_of_file_and_keys_one_by_one(typist):
    typist.send("\x04")
    typist.expect_exact("typist: end 0\n")
    typist.expect_exact("typist: keys\n")
    typist.send("a")
    typist.expect_exact("typist: key 97\n")
    typist.send("\x04q")
    typist.expect_exact("typist: key 4\ntypist: key 113\n")


def test_the_interrupt_key_ends_the_program(typist):
    typist.send("some\x03")
    typist.expect_exact("some^C\n")
    assert typist.wait() != 0
