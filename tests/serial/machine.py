"""The machine under test: started by tools/run, read to its end, at most two at a time.

A boot is named by its options; equal options are one boot, however many tests look at it, unless
`again` tells them apart. Boots that tests declare with @pytest.mark.boot are queued when collection
is over, so that two always run beside whatever test is being judged.
"""
import concurrent.futures
import os
import pathlib
import re
import shlex
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("TESSERA_BUILD", "build")
ENVIRONMENT = {**os.environ, "QEMU_AUDIO_DRV": "none"}


class Boot:
    """What a machine said, and the status it ended with."""

    def __init__(self, status, text, host_text=""):
        self.status = status
        self.text = text  # on the serial line
        self.host_text = host_text  # by semihosting, before there is one; and QEMU itself

    def results(self):
        """All key=value pairs of the RESULT lines; a later one wins."""
        pairs = {}
        for line in self.text.splitlines():
            if line.startswith("RESULT "):
                pairs.update(word.split("=", 1) for word in line.split()[1:])
        return pairs

    def number(self, pattern):
        """The first group of the pattern, as a number."""
        found = re.search(pattern, self.text)
        assert found, f"nothing matches {pattern!r} in:\n{self.text}"
        return int(found.group(1), 0)


def run_arguments(options):
    """The command line of tools/run for options such as mem=64, append='demo'; True: an option
    without a value; several values: the option several times; qemu= goes to QEMU."""
    arguments = [str(ROOT / "tools/run")]
    for name, value in options.items():
        for one in value if isinstance(value, tuple) else (value,):
            if name != "qemu":
                arguments += ["--" + name.replace("_", "-")] + ([] if one is True else [str(one)])
    return arguments + ["--"] + shlex.split(options.get("qemu", ""))


def boot(timeout=90, again=0, **options):
    """Boots, reads to the end. A machine that does not end in time has status None."""
    del again
    try:
        done = subprocess.run(
            run_arguments(options), cwd=ROOT, env=ENVIRONMENT, timeout=timeout,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return Boot(done.returncode, done.stdout.decode(errors="replace"),
                    done.stderr.decode(errors="replace"))
    except subprocess.TimeoutExpired as late:
        said = (late.stdout or b"").decode(errors="replace")
        return Boot(None, said + f"\n[no end after {timeout} s]\n")


class Boots:
    """Boots by their options, two at a time."""

    def __init__(self):
        self.pool = concurrent.futures.ThreadPoolExecutor(2)
        self.started = {}

    def start(self, options):
        key = tuple(sorted(options.items()))
        if key not in self.started:
            self.started[key] = self.pool.submit(boot, **options)
        return self.started[key]

    def finish(self):
        self.pool.shutdown(cancel_futures=True)


BOOTS = Boots()
