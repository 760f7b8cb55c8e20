"""Memory that moves without pause while its owners look at every word."""
import pytest

# Cores that really run at once: host time, no counting.
FOUR_CPUS = {"smp": 4, "real_time": True, "timeout": 240}


def figures(booted):
    assert booted.status == 0, booted.text[-3000:]
    assert "PANIC" not in booted.text
    found = booted.results()
    assert found["wrong_words"] == "0"
    assert found["invariants"] == "ok"
    return {key: int(value) for key, value in found.items() if value.isdigit()}


@pytest.mark.boot(append='run="stress 20; check"', **FOUR_CPUS)
def test_stress_on_four_cpus(booted):
    found = figures(booted)
    assert found["stress_ms"] >= 20000
    assert found["moved"] > 4000
    assert found["words"] > 10000000
    print(f"{found['moved_per_second']} pages moved a second, "
          f"{found['words_per_second']} words checked a second")


@pytest.mark.boot(append='run="stress 10 7; check"', board="virt", **FOUR_CPUS)
def test_stress_on_virt(booted):
    assert figures(booted)["moved"] > 2000


@pytest.mark.parametrize("board", [
    pytest.param(b, marks=pytest.mark.boot(board=b, append='run="stress 1 3; check"', timeout=240))
    for b in ("vexpress-a15", "virt")])
def test_stress_on_one_cpu(booted, board):
    found = figures(booted)
    assert found["moved"] > 1000
    assert found["words"] > 1000000


@pytest.mark.boot(append='run="stress 1 5; check"', again=1, timeout=240)
def test_stress_is_the_same_every_time(booted):
    """One cpu, counted: a seed is a run, so that what goes wrong can be seen again."""
    from machine import BOOTS
    first = BOOTS.start({"append": 'run="stress 1 5; check"', "timeout": 240}).result()
    assert first.text == booted.text
