"""Every way in: ELF and image, with and without a tree, both boards, all sizes, bad input."""
import pytest

import initrd
from machine import BUILD, boot

ELF = str(BUILD / "tessera.elf")


def expect_hello(booted):
    assert booted.status == 0, booted.text
    assert "hello from task" in booted.text
    assert "PANIC" not in booted.text


@pytest.mark.boot(append="init=bin/hello")
def test_image_with_tree_and_initrd(booted):
    expect_hello(booted)
    assert "(device tree)" in booted.text


@pytest.mark.boot(append="init=bin/hello", initrd="")
def test_image_with_built_in_programs(booted):
    expect_hello(booted)


@pytest.mark.boot(append="init=bin/hello", dtb="")
def test_image_with_tags(booted):
    expect_hello(booted)
    assert "(tags)" in booted.text


@pytest.mark.boot(append="init=bin/hello", kernel=ELF)
def test_elf_with_tree(booted):
    expect_hello(booted)
    assert "(device tree)" in booted.text


@pytest.mark.boot(append="init=bin/hello", kernel=ELF, dtb="")
def test_elf_without_tree(booted):
    expect_hello(booted)
    assert "(semihosting)" in booted.text


@pytest.mark.boot(append="init=bin/hello", board="virt")
def test_virt(booted):
    expect_hello(booted)


@pytest.mark.boot(append="init=bin/hello", smp=4)
def test_more_cpus_than_are_used(booted):
    expect_hello(booted)


@pytest.mark.boot(append="init=bin/hello a b=c")
def test_unknown_arguments_are_named_and_kept(booted):
    expect_hello(booted)
    assert "boot argument a: unknown" in booted.text
    assert "boot argument b=c: unknown" in booted.text


SIZES = [16, 64, 128, 256, 512, 768, 1024, 2048]


@pytest.mark.parametrize("mem", [pytest.param(m, marks=pytest.mark.boot(mem=m)) for m in SIZES])
@pytest.mark.boot(append='run="meminfo; check"')
def test_ram_size(booted, mem):
    assert booted.status == 0, booted.text
    total = booted.number(r"MemTotal:\s+(\d+) kB")
    assert mem * 1024 * 0.93 - 4096 < total < mem * 1024


@pytest.mark.boot(append='lowmem=32M run="meminfo; zoneinfo; frag 60% 1; compact; verify; check"')
def test_most_of_ram_beyond_the_direct_map(booted):
    assert booted.status == 0, booted.text
    assert booted.number(r"HighTotal:\s+(\d+) kB") > 200 * 1024
    assert "signature_errors=0" in booted.text


@pytest.mark.boot(append='movable=64M dma=16M run="zoneinfo; frag 60% 1; compact; verify; check"')
def test_all_zones(booted):
    assert booted.status == 0, booted.text
    for zone in ("DMA", "Normal", "Movable"):
        assert f"zone {zone:>8}" in booted.text


BAD_VALUES = ["seed=x", "seed=", "lowmem=1", "lowmem=16Q", "maxcpus=0", "maxcpus=99", "loglevel=-1",
              "seed=99999999999", "fail=nothing:1", "fail=alloc_pages", "trace=nothing"]


@pytest.mark.parametrize(
    "value", [pytest.param(v, marks=pytest.mark.boot(append=v + " run=check")) for v in BAD_VALUES])
def test_bad_value_is_named(booted, value):
    assert booted.status == 0, booted.text
    assert f"boot argument {value.split('=')[0]}" in booted.text


@pytest.mark.boot(append='run="check')
def test_missing_quote_is_named(booted):
    assert "closing quote is missing" in booted.text
    assert booted.status == 0


@pytest.mark.boot(append="init=bin/nothing")
def test_init_that_is_not_there(booted):
    assert booted.status == 1
    assert "bin/nothing" in booted.text
    assert "PANIC" not in booted.text


@pytest.mark.parametrize(
    "mem", [pytest.param(m, marks=pytest.mark.boot(mem=m, append="run=check")) for m in (1, 4, 8)])
def test_too_little_ram_is_refused_in_words(booted, mem):
    assert booted.status == 1
    assert "PANIC" not in booted.text, booted.text
    if mem >= 4:
        assert "RAM" in booted.text


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("initrd")


def boot_with(directory, name, data, append):
    """Boots with these bytes as the initrd."""
    path = directory / name
    path.write_bytes(data)
    return boot(initrd=path, append=append)


@pytest.mark.parametrize("fault", list(initrd.broken_archives()))
def test_broken_archive(directory, fault):
    data = initrd.broken_archives()[fault]
    booted = boot_with(directory, fault, data, 'run="spawn hello; check"')
    assert booted.status == 0, booted.text
    assert "initrd" in booted.text.split("tessera>")[0].partition("\n")[2], booted.text


def test_broken_programs(directory):
    broken = initrd.broken_programs()
    files = {f"bin/{name}": data for name, data in broken.items()}
    script = "; ".join(f"spawn {name}" for name in broken)
    booted = boot_with(directory, "programs", initrd.archive(files),
                       f'run="{script}; spawn hello; check"')
    assert "PANIC" not in booted.text, booted.text
    assert booted.status == 1
    parts = booted.text.split("tessera> ")[1:]
    refused = {part.split()[1]: "error: " in part for part in parts if part.startswith("spawn")}
    assert refused.pop("hello") is False
    accepted = [name for name, error in refused.items() if not error]
    assert not accepted, accepted
    assert len(refused) == len(broken)
    assert parts[-1].startswith("check\nok")


def test_program_from_the_initrd_given(directory):
    data = initrd.archive({"bin/greet": initrd.program()})
    booted = boot_with(directory, "sound", data, "init=bin/greet")
    expect_hello(booted)
    assert "(bin/greet)" in booted.text or "greet" in booted.text
