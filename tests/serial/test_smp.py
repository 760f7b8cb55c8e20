"""How many cpus come up, by board, by image, by boot argument; and one that does not."""
import pytest

from machine import BUILD

ELF = str(BUILD / "tessera.elf")


@pytest.mark.parametrize("wanted", [
    pytest.param("4 cpus run", marks=pytest.mark.boot(smp=4, append="run=help"), id="raw-image"),
    pytest.param("4 cpus run", marks=pytest.mark.boot(smp=4, append="run=help", board="virt"), id="virt"),
    pytest.param("4 cpus run", marks=pytest.mark.boot(smp=4, append="run=help", kernel=ELF), id="elf"),
    pytest.param("3 cpus run", marks=pytest.mark.boot(smp=3, append="run=help"), id="as-many-as-there-are"),
    pytest.param("2 cpus run", marks=pytest.mark.boot(smp=4, append="run=help maxcpus=2"), id="maxcpus"),
    pytest.param("2 cpus run", marks=pytest.mark.boot(smp=4, append="run=help maxcpus=2", kernel=ELF),
                 id="maxcpus-elf"),
    pytest.param("4 cpus run", marks=pytest.mark.boot(smp=4, append="run=help", real_time=True), id="at-once"),
])
def test_they_come_up(booted, wanted):
    assert booted.status == 0
    assert wanted in booted.text


@pytest.mark.boot(smp=4, append="run=help maxcpus=1")
def test_one_alone(booted):
    assert booted.status == 0
    assert "cpus run" not in booted.text


@pytest.mark.boot(smp=4, append="run=help fail=cpu_start:2")
def test_one_that_does_not_come_is_left_out(booted):
    assert booted.status == 0
    assert "cpu 2 does not come up within 100 ms: it is left out" in booted.text
    assert "3 cpus run" in booted.text
