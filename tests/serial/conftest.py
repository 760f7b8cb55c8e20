"""Fixtures: a machine that ran to its end (`booted`), and one to talk with (`console`)."""
import pathlib
import signal
import sys

from pexpect.popen_spawn import PopenSpawn
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from machine import BOOTS, ENVIRONMENT, ROOT, run_arguments  # noqa: E402

PROMPT = "tessera> "


def pytest_configure(config):
    config.addinivalue_line("filterwarnings", "ignore:setDaemon")  # pexpect's own
    config.addinivalue_line("markers", "boot(**options): the machine this test looks at")


def options_of(item):
    """The options of an item's boot: of the marks nearest to the test, then of its parameter."""
    options = {}
    for mark in reversed(list(item.iter_markers("boot"))):
        options.update(mark.kwargs)
    return options


def pytest_collection_finish(session):
    if session.config.option.collectonly:
        return
    for item in session.items:
        if "booted" in item.fixturenames:
            BOOTS.start(options_of(item))


def pytest_unconfigure(config):
    BOOTS.finish()


@pytest.fixture
def booted(request):
    """The machine that the mark `boot` describes, after its end."""
    return BOOTS.start(options_of(request.node)).result()


class Console:
    """A machine at its prompt."""

    def __init__(self, options):
        arguments = run_arguments(options)
        # A pipe, not a terminal: ^C must reach the machine as a byte, not QEMU as a signal.
        self.qemu = PopenSpawn(arguments, cwd=ROOT, env=ENVIRONMENT, timeout=60, encoding="utf-8",
                               codec_errors="replace")
        self.qemu.expect_exact(PROMPT)

    def command(self, line):
        """Runs one line. Returns what it printed, the echo left out."""
        self.qemu.send(line + "\r")
        said = self.read_to_prompt()
        before, echo, rest = said.partition(line + "\n")
        assert echo, f"no echo of {line!r} in {said!r}"
        return before + rest

    def send_keys(self, keys):
        self.qemu.send(keys)

    def read_to_prompt(self):
        self.qemu.expect_exact(PROMPT)
        return self.qemu.before.replace("\r", "")

    def end(self):
        self.qemu.kill(signal.SIGKILL)
        self.qemu.wait()


@pytest.fixture
def console():
    session = Console({})
    yield session
    session.end()
