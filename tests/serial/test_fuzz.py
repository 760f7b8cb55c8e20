"""System calls by chance, and what is left of the machine afterwards. FUZZ_SEEDS=N: seeds 1 to N."""
import os
import re

import pytest

from machine import BUILD

SEEDS = range(1, 1 + int(os.environ.get("FUZZ_SEEDS", "2")))
CALLS = 1200  # each of six threads
LOST_KB = 512  # what caches and the lists of a cpu may keep

MACHINES = {
    "one-cpu": {},
    "virt": {"board": "virt"},
    "four-cpus": {"smp": 4, "real_time": True},
}


def line(seed):
    """Warm up, fuzz between two looks at free memory, and look at everything."""
    return (f"exec sysfuzz {seed} 60; meminfo; exec sysfuzz {seed} {CALLS}; meminfo; "
            "compact; check; ps; exec heap")


def machine(name, seed):
    return pytest.param(name, seed, marks=pytest.mark.boot(
        initrd=str(BUILD / "linux.cpio"), append=f'run="{line(seed)}" loglevel=0 seed={seed}',
        timeout=200, **MACHINES[name]))


def replay(name, seed):
    options = " ".join("--real-time" if value is True else f"--{key} {value}"
                       for key, value in MACHINES[name].items())
    return (f"replay: tools/run {options} --initrd {BUILD}/linux.cpio "
            f"--append 'run=\"{line(seed)}\" loglevel=0 seed={seed}'")


@pytest.mark.parametrize("name, seed", [machine(m, s) for m in MACHINES for s in SEEDS])
def test_fuzz(booted, name, seed):
    again = replay(name, seed)
    text = booted.text.replace("\r", "")
    assert booted.status == 0, f"{again}\n{text[-3000:]}"
    assert "PANIC" not in text and "WRONG" not in text, again
    assert "\nok\n" in text.split("tessera> check")[1], again
    assert int(booted.results()["calls"]) > 3 * CALLS, again
    free = [int(kb) for kb in re.findall(r"^MemFree:\s+(\d+) kB", text, re.MULTILINE)]
    assert free[0] - free[1] < LOST_KB * MACHINES[name].get("smp", 1), again
    tasks = text.split("tessera> ps")[1].split("tessera>")[0]
    assert "sysfuzz" not in tasks, again
