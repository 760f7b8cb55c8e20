"""Zones: their borders, marks and counts, and their free lists."""
from . import memory
from .command import Command, Wrong, need_memory_map
from .frames import Frames
from .lists import list_nodes
from .memory import constant


def all_zones():
    zones = memory.variable("zones")
    return [zones[n] for n in range(len(zones)) if zones[n].managed_pages]


def zone_name(zone):
    return zone.text("name")


def find_zone(text):
    found = [z for z in all_zones() if zone_name(z).lower() == text.lower()]
    if not found:
        raise Wrong("no zone `%s`: %s expected" % (text, " or ".join(zone_name(z) for z in all_zones())))
    return found[0]


def types():
    """Migratetypes in order."""
    return [name for value, name in sorted(memory.enum_names("migratetype", "MIGRATE_").items())
            if value < constant("MIGRATE_TYPES")]


def free_blocks(frames, zone, order, nth_type):
    """First frames of the free blocks of one list."""
    head = zone.area[order].free[nth_type].address
    return [frames.pfn_of_node(node) for node in list_nodes(head, len(frames), frames.word)]


def count_table(frames, zone):
    """{type: [blocks by order]} of the types that have any."""
    orders = range(constant("MAX_ORDER") + 1)
    counts = {name: [len(free_blocks(frames, zone, order, nth)) for order in orders]
              for nth, name in enumerate(types())}
    return {name: row for name, row in counts.items() if any(row) or name in ("unmovable", "movable")}


def row(title, numbers):
    return "  %-12s" % title + "".join("%7s" % n for n in numbers)


def stat_words(zone):
    names = memory.variable("zone_stat_names")
    shown = [(memory.string(names[n]), zone.stat[n]) for n in range(constant("ZONE_STATS"))]
    return ", ".join("%s %d" % (name[len("nr_"):].replace("zone_", ""), n) for name, n in shown if n)


def mark_words(zone):
    marks = memory.enum_names("zone_mark", "WMARK_")
    return " ".join("%s %d" % (marks[n], zone.watermark[n]) for n in sorted(marks) if n < constant("WMARKS"))


def zone_lines(frames, zone):
    yield "zone %s: frames 0x%x-0x%x, %d present, %d managed" % (
        zone_name(zone), zone.start, zone.end - 1, zone.present_pages, zone.managed_pages)
    yield "  free         %d pages, %d of them CMA; marks: %s" % (
        zone.free_pages, zone.free_cma_pages, mark_words(zone))
    yield "  cpu lists    %s" % " ".join("cpu %d: %d" % (n, zone.pcp[n].pages) for n in range(len(zone.pcp)))
    yield "  counts       %s" % stat_words(zone)
    locks = [name for name in ("lock", "lru_lock") if getattr(zone, name).word]
    if locks:
        yield "  held now     %s" % ", ".join(
            "%s by cpu %d" % (name, (getattr(zone, name).word & 0xff) - 1) for name in locks)
    yield row("free blocks", range(constant("MAX_ORDER") + 1))
    for name, numbers in count_table(frames, zone).items():
        yield row(name, numbers)


class Zones(Command):
    """zones: each zone: borders, watermarks, counts, free blocks by order and migratetype.

    Example: zones"""

    def lines(self, given):
        need_memory_map()
        frames = Frames()
        for zone in all_zones():
            yield from zone_lines(frames, zone)


class FreeLists(Command):
    """free-lists ZONE [ORDER]: the first frame of each free block, list by list.

    Only the first of each list, with how many there are; with ORDER all of that order.
    Example: free-lists normal; free-lists normal 10"""
    least, most = 1, 2
    SHOWN = 8

    def lines(self, given):
        need_memory_map()
        zone, frames = find_zone(given[0]), Frames()
        orders = self.orders(given)
        for order in orders:
            for nth, name in enumerate(types()):
                blocks = free_blocks(frames, zone, order, nth)
                if blocks:
                    yield from self.show(order, name, blocks, None if len(orders) == 1 else self.SHOWN)

    @staticmethod
    def orders(given):
        largest = constant("MAX_ORDER")
        if len(given) == 1:
            return range(largest + 1)
        if not given[1].isdigit() or int(given[1]) > largest:
            raise Wrong("ORDER is 0 to %d, not `%s`" % (largest, given[1]))
        return [int(given[1])]

    @staticmethod
    def show(order, name, blocks, most):
        yield "order %d %s: %d blocks" % (order, name, len(blocks))
        shown = ["0x%x" % b for b in blocks[:most]]
        for n in range(0, len(shown), 8):
            more = " ..." if n + 8 >= len(shown) and len(shown) < len(blocks) else ""
            yield "  " + " ".join(shown[n:n + 8]) + more


Zones("zones")
FreeLists("free-lists")
