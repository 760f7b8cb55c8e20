"""What must hold, seen from outside: what mm/check.c recomputes, recomputed here on a stopped machine.

The lower truth (descriptors, lists, tables) is read in bulk and added up; what the upper one claims
(counters, map counts, list lengths) is compared with it. Nothing in the machine runs for this, so it
works in a panic, in the middle of a migration, with any lock held. A machine that stopped while
somebody had a lock may be half through a change there: then the locks are named beside the findings.
"""
from bisect import bisect_right
from collections import Counter

from . import memory
from .command import Command, need_memory_map
from .frames import Frames, lru_list_of
from .lists import entries, list_nodes, radix_items
from .memory import Torn, constant
from .tables import direct_map, frame_of, has, is_migration, is_present
from .tasks import areas, spaces
from .zones import all_zones, types, zone_name

SHOWN = 10  # findings in full
LRU_STATS = {"INACTIVE_ANON": "inactive anon", "ACTIVE_ANON": "active anon", "INACTIVE_FILE": "inactive file",
             "ACTIVE_FILE": "active file", "UNEVICTABLE": "unevictable"}


class Findings:
    """What is broken, in words with both numbers, and what was looked at."""

    def __init__(self):
        self.broken, self.looked_at = [], Counter()

    def say(self, text):
        self.broken.append(text)

    def equal(self, what, found, claimed):
        if found != claimed:
            self.say("%s: %d found, %d claimed" % (what, found, claimed))

    def lines(self, locks):
        yield from self.broken[:SHOWN]
        if len(self.broken) > SHOWN:
            yield "... and %d more" % (len(self.broken) - SHOWN)
        if self.broken and locks:
            yield "held now, so what they guard may be half changed: %s" % ", ".join(locks)
        yield "%s; looked at %s" % (
            "%d invariants broken" % len(self.broken) if self.broken else "ok",
            ", ".join("%d %s" % (n, what) for what, n in self.looked_at.items()))


class Kinds:
    """The kind, by its number, of a descriptor's flags; and the flags that this file asks for."""

    def __init__(self):
        self.mask, self.shift = constant("PG_KIND_MASK"), constant("PG_KIND_SHIFT")
        self.anon, self.table = constant("KIND_ANON"), constant("KIND_TABLE")
        self.objects = (constant("KIND_SHMEM"), constant("KIND_FILE"))

    def of(self, flags):
        return (flags & self.mask) >> self.shift

    def is_users(self, flags):
        return self.of(flags) == self.anon or self.of(flags) in self.objects


# ---- frames and free lists

class ZoneRecount:
    """One pass over the frames of a zone."""

    def __init__(self, found, frames, zone):
        self.found, self.frames, self.zone = found, frames, zone
        self.free = self.cma = self.pcp = 0
        self.blocks = Counter()
        self.free_until = 0

    def run(self):
        pages = 1 << constant("PAGEBLOCK_ORDER")
        blocks = memory.variable("pageblock_map")
        stride = memory.layout("pageblock").size
        for start in range(self.zone.start, self.zone.end, pages):
            nth = (start - self.frames.start) // pages
            self.pageblock(start, min(start + pages, self.zone.end), pages,
                           memory.at("pageblock", blocks + nth * stride))
        self.found.equal("zone %s: free pages" % zone_name(self.zone), self.free, self.zone.free_pages)
        self.found.equal("zone %s: free CMA pages" % zone_name(self.zone), self.cma, self.zone.free_cma_pages)

    def pageblock(self, start, end, pages, block):
        free = unmovable = 0
        for n in range(start, end):
            is_free, is_unmovable = self.frame(n)
            free += is_free
            unmovable += is_unmovable
        self.found.equal("pageblock 0x%x: free frames" % start, free, block.free_pages)
        self.found.equal("pageblock 0x%x: frames that can not move" % start, unmovable + pages - (end - start),
                         block.unmovable_pages)
        self.free += free
        self.cma += free if block.type == constant("MIGRATE_CMA") else 0

    def frame(self, n):
        flags, refs = self.frames.get(n, "flags"), self.frames.get(n, "refs")
        if flags & constant("PG_BUDDY"):
            self.free_block(n, self.frames.get(n, "order"))
        is_free, on_cpu = n < self.free_until, bool(flags & constant("PG_PCP"))
        if (is_free or on_cpu) and (refs or flags & ~constant("PG_KEPT_WHEN_FREE") & memory.WORD):
            self.found.say("free frame 0x%x: refs %d, flags 0x%x" % (n, refs, flags))
        if is_free and on_cpu:
            self.found.say("frame 0x%x is free in two places" % n)
        self.pcp += on_cpu
        return is_free, bool(flags & constant("PG_UNMOVABLE"))

    def free_block(self, n, order):
        if order > constant("MAX_ORDER") or n % (1 << order) or n < self.free_until:
            self.found.say("free block at 0x%x of order %d: misplaced" % (n, order))
            return
        self.blocks[order] += 1
        self.free_until = n + (1 << order)


def check_free_lists(found, frames, zone, recount):
    for order in range(constant("MAX_ORDER") + 1):
        listed = 0
        for nth in range(len(types())):
            head = zone.area[order].free[nth].address
            for node in list_nodes(head, len(frames), frames.word):
                listed += 1
                n = frames.pfn_of_node(node)
                if n is None or not frames.get(n, "flags") & constant("PG_BUDDY") or frames.get(n, "order") != order:
                    found.say("zone %s: a node of free list %d is no free block of that order: %s" % (
                        zone_name(zone), order, "0x%x" % n if n else "no frame"))
        what = "zone %s: free blocks of order %d" % (zone_name(zone), order)
        found.equal(what + " on lists", listed, zone.area[order].blocks)
        found.equal(what, recount.blocks[order], zone.area[order].blocks)


def check_cpu_lists(found, frames, zone, recount):
    total = 0
    for cpu in range(len(zone.pcp)):
        pcp, listed = zone.pcp[cpu], 0
        for nth in range(len(pcp.free)):
            listed += sum(1 for _ in list_nodes(pcp.free[nth].address, len(frames), frames.word))
        found.equal("zone %s: frames on the lists of cpu %d" % (zone_name(zone), cpu), listed, pcp.pages)
        total += listed
    found.equal("zone %s: frames marked as on a cpu's list" % zone_name(zone), recount.pcp, total)


def check_lru(found, frames, zone):
    on_lists = 0
    for nth, (stat, name) in enumerate(LRU_STATS.items()):
        listed = 0
        for node in list_nodes(zone.lru[nth].address, len(frames), frames.word):
            listed += 1
            n = frames.pfn_of_node(node)
            flags = frames.get(n, "flags") if n else 0
            if not flags & constant("PG_LRU") or lru_list_of(flags) != name:
                found.say("zone %s: frame %s on the %s list has flags 0x%x" % (
                    zone_name(zone), "0x%x" % n if n else "none", name, flags))
        found.equal("zone %s: %s list" % (zone_name(zone), name), listed, zone.stat[constant("NR_" + stat)])
        on_lists += listed
    flags = frames.column("flags")[zone.start - frames.start:zone.end - frames.start]
    listed = sum(1 for f in flags if f & constant("PG_LRU"))
    isolated = sum(1 for f in flags if f & constant("PG_ISOLATED"))
    found.equal("zone %s: frames that say they are on a list" % zone_name(zone), listed, on_lists)
    found.equal("zone %s: isolated frames" % zone_name(zone), isolated,
                zone.stat[constant("NR_ISOLATED_ANON")] + zone.stat[constant("NR_ISOLATED_FILE")])


def check_zone(found, frames, zone):
    recount = ZoneRecount(found, frames, zone)
    recount.run()
    for check in (lambda: check_free_lists(found, frames, zone, recount),
                  lambda: check_cpu_lists(found, frames, zone, recount), lambda: check_lru(found, frames, zone)):
        try:
            check()
        except Torn as torn:
            found.say("zone %s: %s" % (zone_name(zone), torn))
    found.looked_at["zones"] += 1


# ---- tables

class Space:
    """One address space: its tables walked, its entries counted."""

    def __init__(self, found, frames, kinds, mm, mapped):
        self.found, self.frames, self.kinds, self.mm, self.mapped = found, frames, kinds, mm, mapped
        self.name = mm.text("name")
        self.areas = areas(mm)
        self.starts = [v.start for v in self.areas]
        self.anon = self.objects = self.tables = 0
        self.zero = memory.variable("zero_page")
        self.zero_pfn = frames.start + (self.zero - frames.base) // (4 * frames.stride)

    def broken(self, address, bits, what):
        self.found.say("%s: 0x%08x: entry 0x%08x %s" % (self.name, address, bits, what))

    def run(self):
        span, hardware = constant("TABLE_SPAN"), constant("L1E_SPAN")
        l1 = memory.words(self.mm.arch.l1, constant("USER_END") // hardware)
        for base in range(0, constant("USER_END"), span):
            entry = l1[base // hardware]
            if entry & 3 == 1:
                self.table(direct_map(entry & ~0xfff), base)
        self.found.equal("%s: anonymous entries" % self.name, self.anon, self.mm.anon_pages)
        self.found.equal("%s: entries of objects" % self.name, self.objects, self.mm.shared_pages)
        self.found.equal("%s: tables" % self.name, self.tables, self.mm.table_pages)
        self.found.equal("%s: areas" % self.name, len(self.areas), self.mm.area_count)

    def table(self, address, base):
        self.tables += 1
        for n, bits in enumerate(memory.words(address, constant("PTES_PER_TABLE"))):
            if bits:
                self.entry(base + (n << constant("PAGE_SHIFT")), bits)

    def area_of(self, address):
        nth = bisect_right(self.starts, address) - 1
        v = self.areas[nth] if nth >= 0 else None
        return v if v and address < v.end else None

    def entry(self, address, bits):
        v = self.area_of(address)
        if v is None:
            self.broken(address, bits, "lies outside every area")
        elif not self.frames.has(frame_of(bits)):
            self.broken(address, bits, "names a frame that does not exist")
        elif is_present(bits):
            self.present(v, address, bits)
        elif is_migration(bits):
            self.migration(address, bits)
        else:
            self.broken(address, bits, "has no meaning")

    def count(self, flags):
        if self.kinds.of(flags) == self.kinds.anon:
            self.anon += 1
        else:
            self.objects += 1

    def present(self, v, address, bits):
        pfn = frame_of(bits)
        flags = self.frames.get(pfn, "flags")
        writable = not has(bits, "PTE_RO")
        if writable and not v.flags & constant("VMA_WRITE"):
            self.broken(address, bits, "is writable, the area is not")
        if writable and not has(bits, "PTE_DIRTY"):
            self.broken(address, bits, "is writable but not dirty")
        if not has(bits, "PTE_XN") and not v.flags & constant("VMA_EXEC"):
            self.broken(address, bits, "is executable, the area is not")
        if pfn == self.zero_pfn:
            return
        self.mapped[pfn] += 1
        self.count(flags)
        if not self.kinds.is_users(flags):
            self.broken(address, bits, "maps a frame that is not for users")

    def migration(self, address, bits):
        """Legal only while its page is on its way: locked, and taken off its list."""
        flags = self.frames.get(frame_of(bits), "flags")
        self.count(flags)
        if not flags & constant("PG_LOCKED") or not flags & constant("PG_ISOLATED"):
            self.broken(address, bits, "is a migration entry of a page that does not move")


def check_spaces(found, frames, kinds):
    mapped = Counter()
    for mm in spaces():
        Space(found, frames, kinds, mm, mapped).run()
        found.looked_at["address spaces"] += 1
    found.looked_at["mappings"] += sum(mapped.values())
    return mapped


# ---- descriptors against tables, trees and names

def check_descriptors(found, frames, kinds, mapped):
    flags, refs, counts = frames.column("flags"), frames.column("refs"), frames.column("mapcount")
    mapping = frames.column("mapping")
    more = (constant("PG_LRU_BATCH"), constant("PG_ISOLATED"), constant("PG_PRIVATE"))
    for nth in range(len(frames)):
        kind, pfn = kinds.of(flags[nth]), frames.start + nth
        if kind != kinds.table and counts[nth] != mapped[pfn]:
            found.say("frame 0x%x: %d entries map it, mapcount %d" % (pfn, mapped[pfn], counts[nth]))
        if not kinds.is_users(flags[nth]) or not refs[nth]:
            continue
        named = counts[nth] + (kind in kinds.objects and mapping[nth] != 0) + sum(bool(flags[nth] & f) for f in more)
        if refs[nth] < named:
            found.say("frame 0x%x: refs %d, but %d mapped, cached, batched, isolated or of buffers" % (
                pfn, refs[nth], named))
    found.looked_at["frames"] += len(frames)


def check_objects(found, frames, kinds):
    """Every page in a tree says so, and no other does."""
    every = memory.variable("every", "mm/cache/mapping.c")
    in_trees = 0
    for m in entries(every.place("all"), "address_space", "all"):
        items = list(radix_items(m.pages.root))
        found.equal("object %d: pages in its tree" % m.serial, len(items), m.page_count)
        in_trees += len(items)
        for index, item in items:
            page = memory.at("page", item)
            if page.cache != m.address or page.index != index:
                found.say("object %d: at offset %d is a page that says another place" % (m.serial, index))
        found.looked_at["objects"] += 1
    flags, refs, mapping = frames.column("flags"), frames.column("refs"), frames.column("mapping")
    claimed = sum(1 for f, r, m in zip(flags, refs, mapping) if r and m and kinds.of(f) in kinds.objects)
    found.equal("pages of objects in trees", in_trees, claimed)


def held_locks(frames, kinds):
    """Spinlocks that somebody has just now, by what they guard."""
    for zone in all_zones():
        for name in ("lock", "lru_lock"):
            if getattr(zone, name).word:
                yield "%s of zone %s" % (name, zone_name(zone))
    flags, locks = frames.column("flags"), frames.column("private")
    for nth in range(len(frames)):
        if locks[nth] and kinds.of(flags[nth]) == kinds.table:
            yield "the table in frame 0x%x" % (frames.start + nth)


class Check(Command):
    """check: every invariant, recomputed from outside: `ok`, or what is broken with both numbers.

    Free lists, pageblocks and their counts, per-cpu lists, LRU lists, tables and map counts, holds,
    objects' trees. The machine is only read. Example: check"""

    def lines(self, given):
        need_memory_map()
        found, frames, kinds = Findings(), Frames(), Kinds()
        for zone in all_zones():
            check_zone(found, frames, zone)
        mapped = check_spaces(found, frames, kinds)
        check_descriptors(found, frames, kinds, mapped)
        check_objects(found, frames, kinds)
        yield from found.lines(list(held_locks(frames, kinds)))


Check("check")
