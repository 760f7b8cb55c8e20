"""Files of /proc and /sys against strict forms of Linux 6.1's layouts."""
import re

import pytest

ZONE = r"Node 0, zone +(?:DMA|Normal|HighMem|Movable)"
KB = r" *\d+ kB\n"
AREA = r"[0-9a-f]{8}-[0-9a-f]{8} [r-][w-][x-][ps] [0-9a-f]{8} [0-9a-f]{2}:[0-9a-f]{2} \d+ "
NAMED_AREA = AREA + r"(?: +(?:/\S+(?: \(deleted\))?|\[\w+\]))?\n"

MEMINFO = """MemTotal MemFree MemAvailable Buffers Cached SwapCached Active Inactive Active(anon)
Inactive(anon) Active(file) Inactive(file) Unevictable Mlocked HighTotal HighFree LowTotal LowFree
SwapTotal SwapFree Dirty Writeback AnonPages Mapped Shmem KernelStack PageTables CmaTotal
CmaFree""".split()

SMAPS = """Rss Pss Pss_Dirty Shared_Clean Shared_Dirty Private_Clean Private_Dirty Referenced
Anonymous LazyFree AnonHugePages ShmemPmdMapped FilePmdMapped Shared_Hugetlb Private_Hugetlb Swap
SwapPss Locked""".split()

STATUS_KB = "VmSize VmLck VmRSS RssAnon RssFile RssShmem VmData VmStk VmExe VmLib VmPTE VmSwap".split()


def kb_lines(names):
    """Lines as `Name:  1234 kB`, the number ending in column 24."""
    return "".join(rf"(?=.{{24}} kB\n){re.escape(name)}:{KB}" for name in names)


def smaps_lines():
    return kb_lines(SMAPS)


ROLLUP = smaps_lines().replace(kb_lines(["Pss_Dirty"]),
                               kb_lines(["Pss_Dirty", "Pss_Anon", "Pss_File", "Pss_Shmem"]))

FORMS = {
    "/proc/meminfo": kb_lines(MEMINFO),
    "/proc/buddyinfo": rf"(?:{ZONE} (?: *\d+ ){{11}}\n)+",
    "/proc/pagetypeinfo": r"Page block order: 8\nPages per block:  256\n\n"
                          r"Free pages count per migrate type at order (?: *\d+ ){11}\n"
                          r"(?:Node    0, zone +\w+, type +(?:Unmovable|Movable|Reclaimable|CMA|Isolate)"
                          r" (?: *\d+ ){11}\n)+"
                          r"\nNumber of blocks type (?: +\w+ ){5}\n"
                          rf"(?:{ZONE} (?: *\d+ ){{5}}\n)+",
    "/proc/vmstat": r"nr_free_pages \d+\nnr_zone_inactive_anon \d+\n(?:[a-z_0-9]+ \d+\n)+",
    "/proc/version": r"Linux version 6\.1\.0-tessera \(\S+\) \(gcc [\d. ]+\) #1 [^\n]+\n",
    "/proc/uptime": r"\d+\.\d\d \d+\.\d\d\n",
    "/proc/stat": r"cpu  \d+(?: \d+){9}\n(?:cpu\d+(?: \d+){10}\n)+(?:[a-z_]+ \d+\n)+",
    "/proc/cpuinfo": r"(?:processor\t: \d\n(?:[A-Za-z ]+\t*: [^\n]*\n)+\n)+",
    "/proc/filesystems": r"(?:nodev\t\w+\n)+",
    "/proc/PID/maps": rf"(?:{NAMED_AREA})+",
    "/proc/PID/smaps": rf"(?:{NAMED_AREA}"
                       + kb_lines(["Size", "KernelPageSize", "MMUPageSize"]) + smaps_lines()
                       + r"THPeligible:    [01]\nVmFlags:(?: [a-z]{2})+ \n)+",
    "/proc/PID/smaps_rollup": rf"[0-9a-f-]{{17}} ---p 00000000 00:00 0 +\[rollup\]\n{ROLLUP}",
    "/proc/PID/statm": r"\d+ \d+ \d+ \d+ 0 \d+ 0\n",
    "/proc/PID/stat": r"\d+ \(writer\) [RSDZ] -?\d+(?: -?\d+){48}\n",
    "/proc/PID/comm": r"writer\n",
    "/proc/PID/status": r"Name:\twriter\nUmask:\t\d{4}\nState:\t[RSZ] \(\w+\)\n"
                        r"Tgid:\t\d+\nPid:\t\d+\nPPid:\t\d+\nTracerPid:\t0\n"
                        r"Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n"
                        + "".join(rf"{name}:\t *\d{{1,8}} kB\n" for name in STATUS_KB)
                        + r"Threads:\t\d+\n(?:S\w{5}:\t[0-9a-f]{16}\n){5}",
    "/proc/sys/kernel/ostype": r"Linux\n",
    "/proc/sys/kernel/osrelease": r"6\.1\.0-tessera\n",
    "/sys/kernel/debug/extfrag/extfrag_index": rf"(?:{ZONE} (?:(?:-1\.000| 0\.\d{{3}}) ){{11}}\n)+",
    "/sys/kernel/debug/extfrag/unusable_index": rf"(?:{ZONE} (?:[01]\.\d{{3}} ){{11}}\n)+",
    "/sys/devices/system/cpu/online": r"\d(?:-\d)?\n",
}

ZONEINFO = (rf"{ZONE}(?:\n  per-node stats(?:\n      nr_\w+ +\d+)+)?"
            r"\n  pages free     \d+\n        min      \d+\n        low      \d+\n        high     \d+"
            r"\n        spanned  \d+\n        present  \d+\n        managed  \d+\n        cma      \d+"
            r"\n        protection: \(\d+(?:, \d+){3}\)"
            r"\n      nr_free_pages \d+(?:\n      nr_\w+ +\d+)+"
            r"\n  pagesets(?:\n    cpu: \d\n              count: \d+\n              high:  \d+"
            r"\n              batch: \d+)+"
            r"\n  start_pfn:           \d+\n")
FORMS["/proc/zoneinfo"] = rf"(?:{ZONEINFO})+"


def test_layouts_are_those_of_linux(console):
    task = re.search(r"task=(\d+)", console.command("spawn writer")).group(1)
    console.command("verify")
    for path, form in FORMS.items():
        said = console.command("cat " + path.replace("PID", task))
        assert re.fullmatch(form, said), f"{path}: {said}"


def tree(console, path):
    """Every file below a directory. Numbers and links are left out."""
    for name in console.command(f"ls {path}").split():
        if name in ("./", "../") or re.fullmatch(r"\d+/", name):
            continue
        if name.endswith("/"):
            yield from tree(console, path + "/" + name[:-1])
        else:
            yield path + "/" + name


WORDS = ("/proc/kpageflags", "/proc/kpagecount")
NEED_A_PROCESS = ("/proc/self", "/proc/thread-self", "/proc/mounts")
WRITE_ONLY = ("/proc/sys/vm/compact_memory",)


def test_every_file_can_be_read(console):
    paths = list(tree(console, "/proc")) + list(tree(console, "/sys"))
    assert set(WORDS + WRITE_ONLY + NEED_A_PROCESS) < set(paths)
    for path in paths:
        if path in WORDS + NEED_A_PROCESS:
            continue
        said = console.command(f"cat {path}")
        assert ("error:" in said) == (path in WRITE_ONLY), f"{path}: {said}"
        assert said.endswith("\n"), path
    assert console.command("check").strip() == "ok"


@pytest.mark.boot(append='some.thing=1 run="cat /proc/cmdline"')
def test_the_command_line_is_whole(booted):
    assert 'some.thing=1 run="cat /proc/cmdline"\n' in booted.text.split("cat /proc/cmdline\n", 1)[1]


@pytest.mark.boot(append='run="exec system poweroff; help"')
def test_reboot_ends_the_machine(booted):
    assert booted.status == 0, booted.text
    assert "help" not in booted.text.split("system poweroff", 1)[1]
