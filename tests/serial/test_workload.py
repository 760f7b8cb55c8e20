"""The fragmentation rule by a program of Linux, started as the first one: its figures, its memory,
its end."""
import pytest

from machine import BUILD

# RAM in MiB: pages, released, calls, pattern. The workload rule's own figures.
WORKLOADS = {
    256: ("49152", "24500", "5488", "25a3b393"),
    512: ("98304", "49054", "11001", "890e0b2b"),
    1024: ("196608", "98183", "21917", "4dc9ca3c"),
}


def machine(mem, **options):
    return pytest.param(mem, marks=pytest.mark.boot(
        mem=mem, initrd=str(BUILD / "linux.cpio"), timeout=240,
        append=f"init=bin/workload workload.pages={WORKLOADS[mem][0]}", **options))


@pytest.mark.parametrize("mem", [machine(m) for m in WORKLOADS] + [machine(256, board="virt")])
def test_workload(booted, mem):
    found = booted.results()
    assert "WRONG" not in booted.text
    assert (found["pages"], found["released"], found["calls"], found["pattern"]) == WORKLOADS[mem]
    assert found["signature_errors"] == "0"
    assert booted.status == 0, booted.text[-3000:]


@pytest.mark.parametrize("mem", [machine(m) for m in WORKLOADS])
def test_workload_ends_contiguous(booted, mem):
    found = {key: int(value, 0) for key, value in booted.results().items() if key != "pattern"}
    assert found["compact_migrated"] > 10 * mem
    assert found["compact_free_in_order8"] > 0.8 * found["compact_free_pages"]
    assert found["second_migrated"] < found["compact_migrated"] / 10
