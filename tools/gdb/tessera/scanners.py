"""The two scanners of compaction: where they are, where they would go on, what holds them back."""
from . import memory
from .command import Command, need_memory_map
from .inflight import runs
from .memory import constant
from .tasks import task_name
from .zones import all_zones, zone_name


def share(zone, pfn):
    return "%d %% into the zone" % ((pfn - zone.start) * 100 // (zone.end - zone.start))


def order_words(order):
    return "the whole zone" if order == constant("COMPACT_WHOLE_ZONE") else "a block of order %d" % order


def deferral(zone):
    defer = zone.defer
    failed = "no order has failed" if defer.order_failed > constant("MAX_ORDER") else \
        "orders from %d up failed" % defer.order_failed
    if not defer.shift:
        return "none, %s" % failed
    return "%s: %d of %d attempts passed over" % (failed, defer.considered, 1 << defer.shift)


def run_lines(zone, run):
    c = run.compaction
    modes, states = memory.enum_names("migrate_mode", "MIGRATE_"), memory.enum_names("compact_status", "COMPACT_")
    yield "  running      by %s, for %s, mode %s, status %s%s" % (
        task_name(run.task), order_words(c.order), modes[c.mode], states[c.status],
        ", hints ignored" if c.ignore_hints else "")
    yield "  pages from   0x%x, %s: %d frames looked at, %d pages isolated now" % (
        c.migrate_pfn, share(zone, c.migrate_pfn), c.counts.migrate_scanned, c.source_pages)
    yield "  targets from 0x%x, %s: %d frames looked at, %d frames in stock" % (
        c.free_pfn, share(zone, c.free_pfn), c.counts.free_scanned, c.stock_pages)
    yield "  so far       %d isolated, %d moved, %d refused; %d pageblocks looked into, %d passed over" % (
        c.counts.isolated, c.counts.moved, c.counts.failed, c.counts.blocks_visited, c.counts.blocks_passed)


def zone_lines(zone, found):
    mine = [run for run in found if run.compaction.zone == zone.address]
    yield "zone %s: frames 0x%x-0x%x" % (zone_name(zone), zone.start, zone.end - 1)
    if mine:
        for run in mine:
            yield from run_lines(zone, run)
    else:
        yield "  not running"
    yield "  remembered   pages from 0x%x (async), 0x%x (sync); targets from 0x%x" % (
        zone.compact_migrate[0], zone.compact_migrate[1], zone.compact_free)
    yield "  waiting      %d runs for the zone; %s" % (
        zone.compact_waiters, "a request waits for a block of order %d" % zone.follow("capture").order
        if zone.capture else "no request for a block")
    yield "  deferral     %s" % deferral(zone)


class Scanners(Command):
    """scanners: both scanners of each zone: where they are, what the last run left, deferral.

    `pages from` goes up and empties pageblocks, `targets from` comes down and fills them; the run is
    over when they meet. Example: scanners"""

    def lines(self, given):
        need_memory_map()
        found = runs()
        for zone in all_zones():
            yield from zone_lines(zone, found)


Scanners("scanners")
