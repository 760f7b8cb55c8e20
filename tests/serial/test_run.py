"""run=: commands from the boot arguments, and the status they leave."""
import re

import pytest


@pytest.mark.boot(append='run="check"')
def test_success_is_status_0(booted):
    assert booted.status == 0
    assert "tessera> check\nok\n" in booted.text


@pytest.mark.boot(append='run="check; free 99"')
def test_failure_is_status_1(booted):
    assert booted.status == 1
    assert "error: no handle 99" in booted.text


@pytest.mark.boot(append='run="free 99; check"')
def test_what_follows_a_failure_still_runs(booted):
    assert booted.status == 1
    assert booted.text.rstrip().endswith("ok")


@pytest.mark.boot(append='run="no-such-command"')
def test_unknown_command_is_status_1(booted):
    assert booted.status == 1


@pytest.mark.boot(append='run="poweroff 7; check"')
def test_status_of_poweroff(booted):
    assert booted.status == 7
    assert "ok" not in booted.text


@pytest.mark.boot(append='run="poweroff 256"')
def test_status_that_is_none(booted):
    assert booted.status == 1
    assert "error: STATUS is a number from 0 to 255" in booted.text


@pytest.mark.boot(append='run="spawn hello ' + "x" * 200 + '; check"')
def test_command_that_is_too_long_does_not_run(booted):
    assert booted.status == 1
    assert "error: a line has at most 199 characters" in booted.text
    assert "task=" not in booted.text


@pytest.mark.boot(append='run="frag 200000 1; frag 50% 1"')
def test_memory_of_a_task_that_ran_out_is_back(booted):
    pages = re.findall(r"pages=(\d+)", booted.text)
    assert int(pages[-1]) > 30000


@pytest.mark.boot(append='run="frag 1% 1; spawn crash breakpoint; verify"')
def test_report_of_a_crash_names_the_place(booted):
    found = re.search(r"fetch at 0x(\w+): breakpoint.*?pc\s+(\w+)", booted.text, re.DOTALL)
    assert found and found.group(1) == found.group(2), booted.text


@pytest.mark.boot(mem=32, append='run="spawn writer; spawn crash memory-by-calls; frag 10% 1; verify"')
def test_out_of_memory_in_a_call_is_reported(booted):
    assert re.search(r"\(crash\) ended: out of memory\nwrite at 0x\w+: .*\n  area ", booted.text)


@pytest.mark.boot(append='trace=all run="frag 10% 1; panic null"')
def test_panic_prints_the_last_events_only(booted):
    assert booted.status == 1
    assert 0 < len(re.findall(r"^ +main-\d+ .*: mm_|^ +frag-\d+ ", booted.text, re.MULTILINE)) <= 32


@pytest.mark.boot(append='run=";; check ;  ;"')
def test_empty_commands_succeed(booted):
    assert booted.status == 0


@pytest.mark.boot(append='fail=vma_alloc:1 run="spawn hello; fail off; check"')
def test_injected_failure_is_a_clear_error(booted):
    assert booted.status == 1
    assert "error: hello: out of memory" in booted.text
    assert booted.text.rstrip().endswith("ok")


@pytest.mark.boot(append='trace=mm_page_alloc run="alloc 4; trace dump"')
def test_trace_from_the_start(booted):
    assert booted.status == 0
    assert "# tracer: nop" in booted.text
    assert "mm_page_alloc: page=" in booted.text


@pytest.mark.boot(append='run="frag 40% 3; '
                         'trace on mm_compaction_begin,mm_compaction_end,mm_migrate_pages; '
                         'compact; trace dump; verify; check"')
def test_compaction_is_traced(booted):
    assert booted.status == 0
    for event in ("mm_compaction_begin: zone_start=", "mm_compaction_end: zone_start=",
                  "mm_migrate_pages: nr_succeeded="):
        assert event in booted.text


@pytest.mark.parametrize("mode", [
    pytest.param(m, marks=pytest.mark.boot(append=f'run="frag 60% 2; compact {m}; verify; check"'))
    for m in ("async", "light", "sync")])
def test_compaction_in_every_mode(booted, mode):
    assert booted.status == 0
    assert int(booted.results()["migrated"]) > 1000
    assert "signature_errors=0" in booted.text


PANICS = {
    "null": ("data abort in the kernel", "write at 0x00000008"),
    "text-write": ("data abort in the kernel", "permission fault"),
    "stack": ("kernel stack overflow", "use_stack_without_end"),
    "undef": ("undefined instruction in the kernel", "break_by_undefined"),
}


@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=pytest.mark.boot(append=f'run="panic {k}"')) for k in PANICS])
def test_panic_is_decoded(booted, kind):
    assert booted.status == 1
    assert "KERNEL PANIC" in booted.text
    for words in PANICS[kind]:
        assert words in booted.text
    assert "run_panic+0x" in booted.text, "no call trace"
    assert f"panic {kind}" in booted.text.split("replay:")[1]
