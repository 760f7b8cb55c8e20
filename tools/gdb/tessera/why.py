"""Why a page stayed where it is: its last refusal, what was expected, who holds it."""
from . import memory
from .command import Command
from .frames import find_frame, is_users, lru_words, page_words, pfn_of
from .holders import holder_lines
from .inflight import flights
from .memory import constant


def holds_lines(page):
    for line in holder_lines(page):
        yield "    " + line


def in_flight_lines(page):
    for flight in flights():
        move = flight.move
        if page.address in (getattr(move, "from"), move.to):
            yield "  it is on its way just now: `migration show`"


def record_of(page):
    """What mm/move/refusal.h remembers of this page, or None."""
    if not page.flags & constant("PG_REMEMBERED"):
        return None
    for r in memory.variable("refusals"):
        if r.times and r.frame == pfn_of(page.address) and r.mapping == page.mapping and r.index == page.index:
            return r
    return None


def where_words(r):
    if r.where == constant("REFUSED_BY_SCAN"):
        return "by a scanner that passed over it"
    if r.where == constant("REFUSED_AT_ISOLATION"):
        return "when it was to be taken off its list"
    return "by %s" % memory.enum_names("move_stage", "STAGE_").get(r.stage, "?")


def refusal_lines(page):
    """The last time that it was to move and did not."""
    r = record_of(page)
    if r is None:
        return
    reason = memory.enum_names("move_reason", "MOVE_", strip=True)[r.reason].upper()
    holds = ": holds expected %d, found %d" % (r.expected, r.found) if r.reason == constant("MOVE_PINNED") else ""
    yield "  last refusal: %s, %s%s; %d time%s, last for %s" % (
        reason, where_words(r), holds, r.times, "" if r.times == 1 else "s", r.text("thread_name"))


def can_lines(page):
    """What keeps it in place whoever asks."""
    flags = page.flags
    if page.refs == 0:
        yield "  nothing to move: nobody holds it"
    elif not is_users(flags):
        yield "  it can not: memory of the kernel's own has pointers to it that nobody could find"
    elif not flags & (constant("PG_LRU") | constant("PG_LRU_BATCH") | constant("PG_ISOLATED")):
        yield "  it can not: it is on no LRU list, so nobody takes it off one"
    expected = page.mapcount + (1 if flags & constant("PG_ISOLATED") else 0)
    if is_users(flags) and page.refs > expected:
        yield "  refused lately: held by somebody beside its mappings" if flags & constant("PG_REFUSED") else \
            "  holds beside its mappings may be in its way"


class Why(Command):
    """why FRAME: why this page did not move, or would not: reason, holds expected and found, holders.

    Example: why frag:0x20000000"""
    least = most = 1

    def lines(self, given):
        page = find_frame(given[0])
        yield page_words(page)
        yield "  lru: %s" % lru_words(page)
        yield from in_flight_lines(page)
        yield from refusal_lines(page)
        yield from can_lines(page)
        yield from holds_lines(page)


Why("why")
