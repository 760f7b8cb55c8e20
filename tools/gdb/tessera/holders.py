"""Who holds a frame: each hold with its name, and what is left over."""
from . import memory
from .frames import is_objects, is_users, kind_of, pfn_of
from .inflight import flights
from .lists import radix_items
from .memory import constant
from .rmap import mappings
from .tasks import task_name


class Hold:
    """`count` holds of one kind; `why` in words."""

    def __init__(self, kind, why, count=1):
        self.kind, self.why, self.count = kind, why, count


def batches_with(page):
    """The cpus whose LRU batch has the page."""
    batches = memory.variable("batches", "mm/phys/lru.c")
    for cpu in range(len(batches)):
        batch = batches[cpu]
        if page.address in [batch.pages[n] for n in range(batch.count)]:
            yield cpu


def is_in_its_object(page):
    cache = page.follow("cache") if is_objects(page.flags) else None
    return cache is not None and (page.index, page.address) in set(radix_items(cache.pages.root))


def pins(page):
    """Those whose name is in the table: mm/phys/pin.h."""
    for pin in memory.variable("pin_table"):
        if pin.use & constant("PIN_STATE_MASK") == constant("PIN_HELD") and pin.page == page.address:
            yield Hold("pin", "%s, by %s (task %d)" % (pin.text("why"), pin.text("thread_name"), pin.thread_id))


def mover_holds(page, found):
    for flight in found:
        move = flight.move
        if move.to == page.address:
            yield Hold("mover", "target of pfn 0x%x, by %s" % (pfn_of(getattr(move, "from")), task_name(flight.task)))


def isolation(page, found):
    by = [task_name(f.task) for f in found if getattr(f.move, "from") == page.address]
    return Hold("isolation", "taken off its LRU list%s" % (", moved by " + by[0] if by else ""))


def users_holds(page, found):
    for m in mappings(page):
        yield Hold("mapping", m.words())
    if is_in_its_object(page):
        yield Hold("object", "object %d has it at offset 0x%x" % (page.follow("cache").serial, page.index))
    if page.flags & constant("PG_PRIVATE"):
        yield Hold("private", "what its file system keeps with it: buffers")
    for cpu in batches_with(page):
        yield Hold("batch", "LRU batch of cpu %d" % cpu)
    if page.flags & constant("PG_ISOLATED"):
        yield isolation(page, found)


def owner_hold(page):
    if kind_of(page.flags) == constant("KIND_TABLE"):
        return Hold("owner", "address space of %s" % page.follow("mm").text("name"))
    if page.address == memory.variable("zero_page"):
        return Hold("owner", "the shared frame of zeros")
    return Hold("owner", "the kernel")


def holds(page):
    """Every hold that something on record explains; as many as refs says at most. Nobody holds a free frame."""
    if page.refs == 0:
        return []
    found = list(flights())
    named = list(mover_holds(page, found))
    if is_users(page.flags):
        named += users_holds(page, found)
    elif not named:
        named.append(owner_hold(page))
    named += pins(page)
    return named


def unknown(page, named):
    return page.refs - sum(h.count for h in named)


def holder_lines(page):
    named = holds(page)
    for h in named:
        yield "%-10s %s" % (h.kind, h.why)
    left = unknown(page, named)
    if left > 0:
        yield "%-10s %d unknown holder%s: a pin, or somebody who looks at it for a moment" % (
            "?", left, "s" if left > 1 else "")
    elif left < 0:
        yield "%-10s more holds are named than refs counts: `check` says more" % "!"


def summary(page):
    """How many of each kind, as a sum."""
    if page.refs == 0:
        return ""
    named, counts = holds(page), {}
    for h in named:
        counts[h.kind] = counts.get(h.kind, 0) + h.count
    left = unknown(page, named)
    if left > 0:
        counts["unknown"] = left
    return " = " + " + ".join("%d %s" % (n, kind) for kind, n in counts.items())
