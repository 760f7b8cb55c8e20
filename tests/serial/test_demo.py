"""The demo: right at several sizes, the same bytes every time."""
import pytest

from machine import BOOTS

# RAM in MiB: pages, released, pattern. The workload rule's own figures.
WORKLOADS = {
    64: (12288, 6111, "71bc50bc"),
    256: (49152, 24500, "25a3b393"),
    1024: (196608, 98183, "4dc9ca3c"),
}

KEYS = """mem_pages free_pages pages released pattern before_free_pages before_free_in_order8
before_free_in_order10 compact_insns migrate_scanned free_scanned migrated failed after_free_pages
after_free_in_order8 after_free_in_order10 second_compact_insns moves_least_possible direct_order8
direct_order10 signature_errors invariants""".split()


def demo(mem, **options):
    return pytest.mark.boot(mem=mem, append="demo", timeout=150, **options)


@pytest.mark.parametrize("mem", [pytest.param(m, marks=demo(m)) for m in WORKLOADS])
def test_demo_is_right(booted, mem):
    assert booted.status == 0, booted.text
    found = booted.results()
    assert not [key for key in KEYS if key not in found]
    assert (int(found["pages"]), int(found["released"]), found["pattern"]) == WORKLOADS[mem]
    assert found["direct_order8"] == found["direct_order10"] == "ok"
    assert found["signature_errors"] == "0"
    assert found["invariants"] == "ok"


@pytest.mark.parametrize("mem", [pytest.param(m, marks=demo(m)) for m in WORKLOADS])
def test_demo_makes_contiguous_memory(booted, mem):
    found = {k: int(v) for k, v in booted.results().items() if v.isdigit()}
    assert found["after_free_in_order8"] > 2 * found["before_free_in_order8"]
    assert found["after_free_in_order8"] > 0.8 * found["after_free_pages"]
    assert found["moves_least_possible"] <= found["migrated"]


@pytest.mark.boot(board="virt", append="demo", timeout=150)
def test_demo_on_virt(booted):
    assert booted.status == 0, booted.text
    assert booted.results()["pattern"] == "25a3b393"


@pytest.mark.boot(mem=64, append="demo lowmem=24M movable=8M", timeout=150)
def test_demo_with_high_and_movable_memory(booted):
    assert booted.status == 0, booted.text
    assert booted.results()["pattern"] == "71bc50bc"


@pytest.mark.boot(mem=64, append="demo seed=7", timeout=150)
def test_demo_with_another_seed(booted):
    assert booted.status == 0, booted.text
    assert booted.results()["pattern"] != "71bc50bc"


@demo(64, again=1)
def test_same_seed_same_run(booted):
    first = BOOTS.start({"mem": 64, "append": "demo", "timeout": 150}).result()
    assert first.text == booted.text
