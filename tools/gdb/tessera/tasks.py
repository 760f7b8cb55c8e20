"""Tasks, their address spaces, and the areas of one."""
import gdb

from . import memory
from .command import Command, Wrong
from .lists import entries


def all_tasks():
    """Every task, live or not yet reaped, by number."""
    slots = memory.variable("table", "kernel/task.c").slots
    gone = (memory.constant("TASK_FREE"), memory.constant("TASK_GONE"))
    found = [t for t in slots if t.stage not in gone]
    return sorted(found, key=lambda t: t.thread.id)


def task_name(task):
    return task.thread.text("name")


def find_task(text):
    """TASK: a number that `tasks` shows, or a name: the newest live task of that name."""
    tasks = all_tasks()
    live = memory.constant("TASK_LIVE")
    if text.isdigit():
        found = [t for t in tasks if t.thread.id == int(text)]
    else:
        found = [t for t in tasks if task_name(t) == text and t.stage == live]
    if not found:
        raise Wrong("no task `%s`: a number or a name that `tasks` shows is expected" % text)
    return found[-1]


def find_space(text):
    """The address space of a task."""
    task = find_task(text)
    mm = task.thread.follow("mm")
    if mm is None:
        raise Wrong("task `%s` has no address space: it is a kernel thread, or has ended" % text)
    return mm


def spaces():
    """Every address space, one that is being taken apart included."""
    head, _ = memory.symbol("spaces")
    return list(entries(head + memory.variable("spaces").layout.offset("all"), "mm", "all"))


def users_of(mm):
    """The tasks that live in an address space."""
    return [t for t in all_tasks() if t.thread.mm == mm.address]


def areas(mm):
    return list(entries(mm.place("areas"), "vma", "node"))


def rights(flags):
    letters = (("VMA_READ", "r"), ("VMA_WRITE", "w"), ("VMA_EXEC", "x"), ("VMA_SHARED", "s"))
    return "".join(letter if flags & memory.constant(name) else "-" for name, letter in letters)


def other_marks(flags):
    shown = memory.constant("VMA_READ") | memory.constant("VMA_WRITE") | memory.constant("VMA_EXEC") | \
        memory.constant("VMA_SHARED")
    return [word for bit, word in sorted(memory.enum_names("vma_flags", "VMA_").items()) if flags & bit & ~shown]


# ---- which cpu is where

class Cpu:
    """A cpu is a thread of the debugger's; what it runs is in its own thread register."""

    def __init__(self, number):
        self.number = number
        self.cpsr = memory.newest_register("cpsr")
        self.sp = memory.newest_register("sp")
        self.pc = memory.newest_register("pc")
        self.thread = memory.system_register("TPIDRPRW") or memory.system_register("TPIDR_EL1")

    @property
    def in_user_mode(self):
        return self.cpsr & memory.MODE_MASK == memory.MODE_USER

    @property
    def irqs_off(self):
        return bool(self.cpsr & memory.IRQS_OFF)


def cpus(visit=None):
    """Every cpu, each looked at from its own registers; `visit(cpu)` is called there."""
    here, frame = gdb.selected_thread(), gdb.selected_frame()
    found = []
    try:
        for thread in sorted(gdb.selected_inferior().threads(), key=lambda t: t.num):
            thread.switch()
            cpu = Cpu(thread.num - 1)
            found.append(cpu)
            if visit:
                visit(cpu)
    finally:
        here.switch()
        frame.select()
    return found


def current_task():
    """What the selected cpu runs, or None before there are threads."""
    here = memory.system_register("TPIDRPRW") or memory.system_register("TPIDR_EL1")
    return memory.at("task", here) if here else None


def state_word(task, on_cpus):
    if task.address in on_cpus:
        return "on cpu %d" % on_cpus[task.address]
    if task.stage != memory.constant("TASK_LIVE"):
        return memory.enum_names("task_stage", "TASK_")[task.stage]
    if task.thread.state == memory.constant("THREAD_BLOCKED"):
        return "waits: " + (task.thread.text("wait_reason") if task.thread.wait_reason else "?")
    return "ready, cpu %d" % task.cpu


def task_line(task, on_cpus):
    mm = task.thread.follow("mm")
    pages = "%6d anon %5d shared" % (mm.anon_pages, mm.shared_pages) if mm else "     -            -"
    return "%4d %-16s %s  %s" % (task.thread.id, task_name(task), pages, state_word(task, on_cpus))


class Tasks(Command):
    """tasks: every task: number, name, pages it maps, and what it does or waits for.

    A kernel thread maps nothing. Example: tasks"""

    def lines(self, given):
        on_cpus = {c.thread: c.number for c in cpus()}
        yield "  id name              pages mapped                state"
        for task in all_tasks():
            yield task_line(task, on_cpus)


def area_line(v):
    marks = other_marks(v.flags)
    if v.mapping:
        marks.append("object %d" % v.follow("mapping").serial)
    family = " family 0x%08x" % v.anon if v.anon else ""
    return "%08x-%08x %s %6d pages offset 0x%x%s%s" % (
        v.start, v.end, rights(v.flags), (v.end - v.start) >> memory.constant("PAGE_SHIFT"), v.pgoff, family,
        " " + " ".join(marks) if marks else "")


class Areas(Command):
    """areas TASK: the areas of a task's address space, by address.

    TASK is a number or a name that `tasks` shows. Example: areas churn"""
    least = most = 1

    def lines(self, given):
        mm = find_space(given[0])
        for v in areas(mm):
            yield area_line(v)
        yield "%d areas, %d tables, %d anonymous pages, %d pages of objects" % (
            mm.area_count, mm.table_pages, mm.anon_pages, mm.shared_pages)


Tasks("tasks")
Areas("areas")
