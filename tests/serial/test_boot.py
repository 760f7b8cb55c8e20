"""Every way in: ELF and image, with and without a tree, both boards, all sizes, bad input."""
import subprocess

import pytest

import initrd
from machine import BUILD, ROOT, boot

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


@pytest.mark.boot(mem=3000, append='run="meminfo; check"')
def test_ram_out_of_reach_is_named(booted):
    assert booted.status == 0, booted.text
    assert "boot: the last 956 MiB of RAM are not used: only 2044 MiB are in reach" in booted.text


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
              "seed=99999999999", "fail=nothing:1", "fail=alloc_pages", "fail=alloc_pages:x",
              "fail=alloc_pages:0", "fail=:1", "trace=nothing", "demo=0", "demo=", "cma=16M"]


@pytest.mark.parametrize(
    "value", [pytest.param(v, marks=pytest.mark.boot(append=v + " run=check")) for v in BAD_VALUES])
def test_bad_value_is_named(booted, value):
    assert booted.status == 0, booted.text
    assert f"boot argument {value.split('=')[0]}" in booted.text


@pytest.mark.boot(append='run="check')
def test_missing_quote_is_named(booted):
    assert "closing quote is missing" in booted.text
    assert booted.status == 0


@pytest.mark.boot(append="cma=16M run=check")
def test_argument_without_effect_says_so(booted):
    assert booted.text.count("boot argument cma: it has no effect yet\n") == 1


TOO_LONG = "run=check " + "x" * 4000


@pytest.mark.boot(append=TOO_LONG)
def test_arguments_that_do_not_fit_are_cut_in_words(booted):
    assert booted.status == 0, booted.text
    assert "boot arguments are longer than 2047 bytes" in booted.text


@pytest.mark.boot(append=TOO_LONG, kernel=ELF, dtb="", timeout=5)
def test_arguments_too_long_for_the_host_are_named(booted):
    assert "boot arguments are longer than 2047 bytes" in booted.text
    assert booted.text.endswith("tessera> \n[no end after 5 s]\n")


@pytest.mark.boot(append="init=hello " + " ".join(f"a{n}" for n in range(70)))
def test_arguments_too_many_for_init_are_named(booted):
    expect_hello(booted)
    assert "63 arguments" in booted.text
    assert "error: init gets the first 63 arguments" in booted.text


@pytest.mark.boot(append="init=family orphan")
def test_init_has_number_1_and_gets_the_orphans(booted):
    assert booted.status == 0, booted.text


@pytest.mark.boot(append="init=family seven")
def test_the_status_of_init_is_the_machines(booted):
    assert booted.status == 7, booted.text


@pytest.mark.boot(append="init=threads outlive")
def test_init_lives_as_long_as_its_last_thread(booted):
    assert booted.status == 0, booted.text


# What is changed in the source of the tree, and what the kernel must say.
BROKEN_TREES = {
    "no_serial_line": (b"arm,pl011", b"arm,pl999", "no serial line (arm,pl011)"),
    "serial_line_elsewhere": (b"\x1c\x09\0\0", b"\x1c\x0e\0\0", "no serial line answers"),
    "serial_line_of_0_bytes": (b"\x1c\x09\0\0\0\0\x10\0", b"\x1c\x09\0\0\0\0\0\0",
                               "no serial line"),
    "no_controller": (b"arm,cortex-a15-gic", b"arm,cortex-a99-gi", "no interrupt controller"),
    "controller_elsewhere": (b"\x2c\0\x10\0", b"\x2d\0\x10\0", "no interrupt controller answers"),
    "controller_wraps": (b"\x2c\0\x10\0\0\0\x10\0", b"\x2c\0\x10\0\xff\xff\xff\xff",
                         "out of reach"),
    "interrupt_that_is_none": (b"\0\0\0\0\0\0\0\x05\0\0\0\4", b"\0\0\0\0\0\0\0\xf0\0\0\0\4",
                               "the serial line has no interrupt"),
    "interrupt_of_the_timer": (b"\0\0\0\0\0\0\0\x05\0\0\0\4", b"\0\0\0\1\0\0\0\x0d\0\0\0\4",
                               "the serial line has no interrupt"),
    "more_ram_than_there_is": (b"\x80\0\0\0\x10\0\0\0", b"\x80\0\0\0\x20\0\0\0",
                               "does not answer"),
    "ram_that_wraps": (b"\x80\0\0\0\x10\0\0\0", b"\x80\0\0\0\xff\xff\xff\xff",
                       "does not answer"),
    "no_ram": (b"\x80\0\0\0\x10\0\0\0", b"\x80\0\0\0\0\0\0\0", "nobody says how much RAM"),
    "ram_elsewhere": (b"\x80\0\0\0\x10\0\0\0", b"\x90\0\0\0\x10\0\0\0", "does not start where"),
    "initrd_elsewhere": (b"\x84\0\0\0", b"\x44\0\0\0", "outside of RAM"),
    "initrd_without_end": (b"\x84\1\0\0", b"\xff\xff\xff\xff", "outside of RAM"),
    "no_magic": (b"\xd0\x0d\xfe\xed", b"\xd0\x0d\xfe\xee", "(semihosting)"),
    "structure_outside": (b"\0\0\0\x38", b"\0\xff\0\x38", "the device tree given is not used"),
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """The tree as QEMU would complete it."""
    source = (ROOT / "boards/vexpress-a15.dts").read_text()
    source = source.replace("<0x80000000 0x40000000>", "<0x80000000 0x10000000>")
    source = source.replace("chosen {", '''chosen {
        bootargs = "run=check";
        linux,initrd-start = <0x84000000>;
        linux,initrd-end = <0x84010000>;''', 1)
    return subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb"], input=source.encode(),
                          stdout=subprocess.PIPE, check=True).stdout


@pytest.mark.parametrize("kind", list(BROKEN_TREES))
def test_broken_tree_is_refused_in_words(directory, tree, kind):
    old, new, words = BROKEN_TREES[kind]
    assert old in tree
    path = directory / (kind + ".dtb")
    path.write_bytes(tree.replace(old, new.ljust(len(old), b"\0"), 1))
    # Laid where QEMU would lay it, by a way that does not look at it.
    booted = boot(kernel=ELF, dtb="", timeout=10, qemu="-append run=check -device "
                  f"loader,file={path},addr=0x80000000,force-raw=on")
    said = booted.host_text + booted.text
    assert words in said
    assert "PANIC" not in said
    assert booted.status in (0, 1), said


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
