"""The reverse map: from a frame to every entry that maps it, or stands in for it."""
from . import memory
from .command import Command
from .frames import find_frame, is_users, kind_of, page_words, pfn_of
from .lists import entries
from .memory import constant
from .tables import entry_at, entry_words, frame_of, is_migration, is_present
from .tasks import task_name, users_of


class Mapping:
    """A place where an area covers the page's offset, and the entry there."""

    def __init__(self, area, address):
        self.area, self.address = area, address
        self.mm = area.follow("mm")
        self.bits = entry_at(self.mm, address)

    def maps(self, pfn):
        return bool(self.bits) and is_present(self.bits) and frame_of(self.bits) == pfn

    def stands_for(self, pfn):
        return bool(self.bits) and is_migration(self.bits) and frame_of(self.bits) == pfn

    def whose(self):
        return self.mm.text("name")

    def words(self):
        return "%s 0x%08x: %s" % (self.whose(), self.address,
                                  "no table" if self.bits is None else entry_words(self.bits))


def areas_of(page):
    """The areas of the page's family, or those that map its object."""
    if kind_of(page.flags) == constant("KIND_ANON"):
        return entries(page.follow("anon").place("areas"), "vma", "family")
    return entries(page.follow("cache").place("areas"), "vma", "sharers")


def places(page):
    """Every place where the reverse map says that the page may be mapped."""
    if not is_users(page.flags) or not page.mapping:
        return
    shift = constant("PAGE_SHIFT")
    for v in areas_of(page):
        nth = page.index - v.pgoff & memory.WORD
        if nth < v.end - v.start >> shift:
            yield Mapping(v, v.start + (nth << shift))


def mappings(page):
    """Those of them that do map it."""
    pfn = pfn_of(page.address)
    return [m for m in places(page) if m.maps(pfn)]


def standing_in(page, pfn):
    """The migration entries for frame `pfn`, found through a page with its family or object."""
    return [m for m in places(page) if m.stands_for(pfn)]


def tasks_of(mm):
    return ", ".join("%s (task %d)" % (task_name(t), t.thread.id) for t in users_of(mm)) or "no task any more"


class Rmap(Command):
    """rmap FRAME: every place the reverse map leads to, the entry there, and whose it is.

    A place may hold nothing, or another frame (a copy made before a write): it is shown too.
    Example: rmap 0x83c00; rmap churn:0x10000"""
    least = most = 1

    def lines(self, given):
        page = find_frame(given[0])
        pfn, found, standing = pfn_of(page.address), 0, 0
        yield page_words(page)
        if not is_users(page.flags) or not page.mapping:
            yield "  no family and no object: nothing leads from it to entries"
            return
        for m in places(page):
            found, standing = found + m.maps(pfn), standing + m.stands_for(pfn)
            yield "  %s  [%s]" % (m.words(), tasks_of(m.mm))
        yield "%d entries map it, mapcount %d; %d migration entries stand for it" % (found, page.mapcount, standing)


Rmap("rmap")
