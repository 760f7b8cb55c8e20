"""Runs of compaction and journeys of pages, wherever their threads are: found on the kernel's stacks.

A struct compaction has its own address in it (migration.pages points at its list of sources) beside
that of scan_take_target; a struct journey points at such a migration. So both are known for what they
are without unwinding anything, on a cpu or asleep. What a returned call left behind is told by what it
says: the zone is nobody's, the page is not isolated any more.
"""
import gdb

from . import memory
from .lists import member_offset
from .memory import constant
from .tasks import all_tasks, cpus


def stack_of(task, on_cpus):
    """(address, words) of what a task has on its kernel stack, or None."""
    cpu = on_cpus.get(task.address)
    if cpu is not None and cpu.in_user_mode:
        return None
    sp = cpu.sp if cpu is not None else task.context.sp
    slot = 2 * constant("KSTACK_PAGES") << constant("PAGE_SHIFT")  # the lower half of a slot is its guard
    if sp < constant("USER_END"):
        return None
    sp &= ~3
    top = (sp | slot - 1) + 1
    try:
        return sp, memory.words(sp, (top - sp) // 4)
    except gdb.MemoryError:
        return None


def stacks():
    on_cpus = {c.thread: c for c in cpus()}
    for task in all_tasks():
        found = stack_of(task, on_cpus)
        if found:
            yield task, found[0], found[1]


def function(name, file=None):
    return int(gdb.parse_and_eval("&'%s'::%s" % (file, name) if file else "&" + name)) & memory.WORD


def at_word(words, value):
    return [n for n, w in enumerate(words) if w == value]


class Run:
    """A run of compaction, and whose it is."""

    def __init__(self, task, compaction):
        self.task, self.compaction = task, compaction


def runs_on(task, start, words):
    take, pages = member_offset("compaction", "migration.take_target"), member_offset("compaction", "sources")
    for n in at_word(words, function("scan_take_target")):
        run = memory.at("compaction", start + 4 * n - take)
        if run.migration.pages == run.address + pages and run.follow("zone").compacting:
            yield Run(task, run)


def migrations_on(task, start, words):
    """Addresses of struct migration: those of runs, and of migrate_frame."""
    for run in runs_on(task, start, words):
        yield run.compaction.address
    take = member_offset("migration", "take_target")
    for n in at_word(words, function("take_fresh", "mm/move/migrate.c")):
        yield start + 4 * n - take


class Flight:
    """A page in flight: its struct move, and the thread that takes it along."""

    def __init__(self, task, move):
        self.task, self.move = task, move


def is_under_way(move, from_flags):
    if move.stage >= constant("MOVE_STAGES") or move.error and not move.to:
        return False  # through, or taken back
    locked = move.stage > constant("STAGE_LOCK")
    needed = constant("PG_ISOLATED") | (constant("PG_LOCKED") if locked else 0)
    return from_flags & needed == needed


def moves_of(journey):
    from .frames import is_descriptor  # frames says what a holder is, with what is found here
    if not 1 <= journey.count <= constant("MOVE_BATCH"):
        return
    for n in range(journey.count):
        move = journey.moves[n]
        if is_descriptor(getattr(move, "from")) and is_under_way(move, move.follow("from").flags):
            yield move


def flights():
    """Every page in flight."""
    for task, start, words in stacks():
        for migration in set(migrations_on(task, start, words)):
            for n in at_word(words, migration):
                for move in moves_of(memory.at("journey", start + 4 * n)):
                    yield Flight(task, move)


def runs():
    return [run for task, start, words in stacks() for run in runs_on(task, start, words)]
