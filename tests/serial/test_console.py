"""A person at the console."""
import concurrent.futures
import re

from machine import boot

STATUS = {"panic": 1}  # an example ends with 0, but for this one


def commands_of(console):
    return re.findall(r"^  (\S+)", console.command("help"), re.MULTILINE)


def example_of(console, name):
    return re.search(r"^example: (.+)$", console.command(f"help {name}"), re.MULTILINE).group(1)


def frame_of(console, task, address):
    found = re.search(r"pfn=(0x[0-9a-f]+)", console.command(f"pte {task} {address}"))
    assert found
    return found.group(1)


def spawn(console, program):
    """Its number."""
    return re.search(r"task=(\d+)", console.command(f"spawn {program}")).group(1)


def complaint(example, status):
    """What is wrong with an example as a script of a machine of its own; nothing: None."""
    run = boot(append=f'run="{example}"')
    fits = run.status == status and "error:" not in run.text
    return None if fits else f"`{example}`: status {run.status}\n{run.text}"


def test_every_example_works(console):
    """Literally as help prints it, on a machine that has just booted."""
    examples = {name: example_of(console, name) for name in commands_of(console)}
    assert examples
    for name, example in examples.items():
        assert name in re.split(r"[ ;]+", example), f"{name}: not in its example `{example}`"
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda name: complaint(examples[name], STATUS.get(name, 0)), examples)
    complaints = [text for text in found if text]
    assert not complaints, "\n".join(complaints)


def test_errors_are_clear_and_the_prompt_comes_back(console):
    errors = {
        "foo": "no command 'foo'",
        "help foo": "no command 'foo'",
        "alloc": "expected: alloc ORDER",
        "alloc x": "ORDER is a number from 0 to 10",
        "alloc 11": "ORDER is a number from 0 to 10",
        "alloc -1": "ORDER is a number",
        "alloc 1 strange": "movable, unmovable",
        "free": "expected: free HANDLE",
        "free x": "HANDLE is a number",
        "free 12": "no handle 12",
        "map Nowhere": "no zone 'Nowhere'",
        "compact now": "no zone 'now'",
        "compact sync Normal more": "expected: compact",
        "page": "expected: page FRAME",
        "page 0x": "FRAME is a frame number",
        "page 0xffffffff": "RAM is frames",
        "page 99999999999": "FRAME is a frame number",
        "migrate 1": "RAM is frames",
        "unpin 0x80010": "no pin on this frame",
        "pte 99 0": "no task '99'",
        "pte 2 0": "kernel thread",
        "pte 2 0x80000000": "user address below",
        "vma x": "no task 'x'",
        "kill 0": "kernel thread",
        "spawn nothing": "no such file",
        "frag 0 1": "PAGES is a number",
        "frag 101% 1": "PAGES is a number",
        "frag 10%x 1": "PAGES is a number",
        "frag 10 x": "SEED is a number",
        "fail nothing 1": "no site 'nothing'",
        "fail": "expected: fail",
        "trace maybe": "expected: trace",
        "trace on nothing": "unknown event",
        "poweroff now": "STATUS is a number",
        "panic please": "expected: panic",
    }
    for line, words in errors.items():
        said = console.command(line)
        last = said.strip().splitlines()[-1]
        assert last.startswith("error: ") and words in last, f"{line}: {said}"
    assert console.command("check").strip() == "ok"


def test_editing(console):
    console.send_keys("chexx\x7f\bck\r")
    assert console.read_to_prompt().endswith("ok\n")
    console.send_keys("nonsense\x15check\r")
    assert console.read_to_prompt().endswith("ok\n")
    console.send_keys("nonsense\x03")
    assert "^C" in console.read_to_prompt()
    console.send_keys("\r")
    assert console.read_to_prompt().strip() == ""
    console.send_keys("x" * 500 + "\r")
    assert "error: no command" in console.read_to_prompt()
    assert console.command("check").strip() == "ok"


def test_a_pinned_page_does_not_move(console):
    task = spawn(console, "writer")
    console.command("verify")
    frame = frame_of(console, task, "0x20000000")
    console.command(f"pin {frame}")
    said = console.command(f"migrate {frame}")
    assert "error: not moved: PINNED" in said
    assert "expected" in said and "found" in said
    console.command(f"unpin {frame}")
    assert "moved from=" in console.command(f"migrate {frame}")
    assert frame_of(console, task, "0x20000000") != frame
    assert "signature_errors=0" in console.command("verify")


def test_blocks_are_held_until_freed(console):
    before = re.search(r"MemFree:\s+(\d+)", console.command("meminfo")).group(1)
    assert "handle=1" in console.command("alloc 10")
    during = re.search(r"MemFree:\s+(\d+)", console.command("meminfo")).group(1)
    assert int(before) - int(during) == 4096
    console.command("free 1")
    assert console.command("handles").strip() == ""
    after = re.search(r"MemFree:\s+(\d+)", console.command("meminfo")).group(1)
    assert after == before


def test_out_of_memory_says_why(console):
    said = ""
    for _ in range(80):
        said = console.command("alloc 10 nocompact")
        if "error:" in said:
            break
    assert "error: out of memory: " in said


def test_picture_fits_the_screen(console):
    for line in console.command("map").splitlines():
        assert len(line) <= 80


def test_killed_task_is_gone(console):
    task = spawn(console, "churn 5")
    assert " churn " in console.command("ps")
    console.command(f"kill {task}")
    assert " churn " not in console.command("ps")
    assert console.command("check").strip() == "ok"


def test_a_crash_ends_one_task_only(console):
    console.command("spawn writer")
    console.command("spawn crash null")
    said = console.command("verify")
    assert "signature_errors=0" in said
    assert " writer " in console.command("ps")
    assert " crash " not in console.command("ps")
