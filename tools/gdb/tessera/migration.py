"""One page on its way, stage by stage: where it stands, and what changed since the last stop.

Three places are watched while a `migration` command runs, none at any other time:
  migrate_stage_done   the runner (mm/move/stages.c) shows each stage that succeeded
  tlb_batch_flush      where the entries are replaced, and no TLB has been told
  take_back            a stage refused; what was done is about to be undone
The kernel is told once that somebody watches (migrate_watched): pages travel one by one from then on.
"""
import gdb

from . import memory
from .attach import call_chain, quietly
from .command import Command, Wrong, need_machine
from .frames import flag_list, is_objects, is_users, kind_of, page_words, pfn_of
from .inflight import flights
from .lists import radix_items, waiters
from .memory import constant
from .rmap import places, tasks_of
from .tables import bit_names, bit_words, entry_words, is_migration, is_present, marks
from .tasks import task_name

# Stages of the journey after which `step` stops, as users name them; switch has its own (see title_of).
TITLES = {"target": "isolated", "lock": "locked", "unmap": "entries installed", "copy": "copied",
          "switch": "slot replaced", "remap": "remapped", "finish": "released"}
SAID = {
    "isolated": "off its LRU list, held by the mover; a free frame is chosen for it",
    "locked": "the page lock is taken: its mapping and offset stand still",
    "unmapped": "its mappings are out of the tables; TLBs are not told yet and may still use them",
    "entries installed": "no TLB knows a mapping any more: who touches the page faults and waits",
    "copied": "the target has its bytes",
    "slot replaced": "nobody else held the source; its object has the target in the slot now",
    "mapping moved over": "nobody else held the source; the target has its family and offset now",
    "remapped": "every migration entry is a mapping of the target now",
    "released": "the source is free, the locks are given up, the target is on an LRU list",
    "refused": "it does not move now; what was done is about to be taken back",
    "taken back": "as before it was tried: isolated, mapped, not locked",
}


def stage_name(stage):
    return memory.enum_names("move_stage", "STAGE_").get(stage, "none, it is done")


def reason_name(reason):
    return memory.enum_names("move_reason", "MOVE_", strip=False)[reason][len("MOVE_"):]


def reason_text(reason):
    return memory.string(memory.variable("texts", "mm/move/reason.c")[reason])


class Seen:
    """What is to be compared from stop to stop; what only `closely` is read of the page that is followed."""

    def __init__(self, move, closely=False):
        self.stage, self.reason = move.stage, move.reason
        self.pages = {name: move.follow(name) for name in ("from", "to")}
        self.entries = {(m.mm.address, m.address): m for m in self.places()}
        self.alike = self.contents_alike() if closely else None
        self.tlb_pages = journey_of(move.address).tlb.pages if closely else 0

    def contents_alike(self):
        pages = [p for p in self.pages.values() if p is not None]
        return len(pages) == 2 and len({frame_bytes(pfn_of(p.address)) for p in pages}) == 1

    def owner(self):
        """The page that leads to the mappings: the source, and from "switch" on the target."""
        for page in (self.pages["from"], self.pages["to"]):
            if page is not None and is_users(page.flags) and page.mapping:
                return page
        return None

    def places(self):
        owner = self.owner()
        return [m for m in places(owner) if m.bits] if owner else []

    def slot(self):
        """The frame in the object's slot; None for anonymous memory."""
        owner = self.owner()
        if owner is None or not is_objects(owner.flags):
            return None
        item = dict(radix_items(owner.follow("cache").pages.root)).get(owner.index)
        return pfn_of(item) if item else None


def journey_of(move):
    """The struct journey whose first move this is: watched pages travel one by one."""
    return memory.at("journey", move - memory.layout("journey").offset("moves"))


def frame_bytes(pfn):
    shift = constant("PAGE_SHIFT")
    return memory.physical(pfn << shift, 1 << shift)


def lines_of(seen):
    """All of it."""
    for name in ("from", "to"):
        if seen.pages[name] is not None:
            yield "%-5s%s" % (name, page_words(seen.pages[name]))
    for m in seen.entries.values():
        yield "  %s" % m.words()
    if seen.slot() is not None:
        yield "  slot 0x%x of its object: pfn 0x%x" % (seen.owner().index, seen.slot())


def change(word, before, now, form="%d"):
    return ["%s %s -> %s" % (word, form % before, form % now)] if before != now else []


def page_changes(before, now):
    if before is None or now is None or before.address != now.address:
        return []
    was, is_now = set(flag_list(before.flags)), set(flag_list(now.flags))
    flags = ["+" + f for f in flag_list(now.flags) if f not in was] + \
        ["-" + f for f in flag_list(before.flags) if f not in is_now]
    kinds = [memory.enum_names("page_kind_id", "KIND_")[kind_of(p.flags)] for p in (before, now)]
    found = change("refs", before.refs, now.refs) + change("mapcount", before.mapcount, now.mapcount)
    found += change("kind", kinds[0], kinds[1], "%s") + change("index", before.index, now.index, "0x%x")
    found += change("mapping", before.mapping, now.mapping, "0x%08x")
    return ["; ".join(found)] * bool(found) + ["flags " + " ".join(flags)] * bool(flags)


def bit_changes(old, new):
    """The bits that differ between two entries of one kind; else what each is made of."""
    if is_present(old) == is_present(new):
        was, now = bit_names(old), bit_names(new)
        turned = ["+" + n for n in now if n not in was] + ["-" + n for n in was if n not in now]
        return ["was  " + entry_words(old), "is   " + entry_words(new), "bits %s" % (" ".join(turned) or "the same")]
    return ["was  " + entry_words(old), "     " + bit_words(old), "is   " + entry_words(new), "     " + bit_words(new),
            "kept " + (" ".join(w for w in marks(new) if w in marks(old)) or "nothing")]


def entry_lines(before, now):
    for key in {**before.entries, **now.entries}:
        old = before.entries[key].bits if key in before.entries else 0
        new = now.entries[key].bits if key in now.entries else 0
        if old == new:
            continue
        m = now.entries.get(key) or before.entries[key]
        yield "  %s 0x%08x: 0x%08x -> 0x%08x" % (m.whose(), m.address, old, new)
        for line in bit_changes(old, new):
            yield "    " + line


def changes(before, now):
    said = []
    for name in ("from", "to"):
        said += ["%-5s%s" % (name, line) for line in page_changes(before.pages[name], now.pages[name])]
    if now.pages["to"] is None and before.pages["to"] is not None:
        said.append("to   given back")
    said += list(entry_lines(before, now))
    if before.slot() != now.slot() and now.slot() is not None:
        said += ["  slot 0x%x of its object: pfn 0x%x -> pfn 0x%x" % (now.owner().index, before.slot(), now.slot())]
    if now.tlb_pages != before.tlb_pages:
        said.append("  TLB: mappings that cpus may still remember: %d -> %d" % (before.tlb_pages, now.tlb_pages))
    if now.alike != before.alike and None not in now.pages.values():
        said.append("  contents: %s" % ("the two frames are alike now" if now.alike else "they differ now"))
    return said or ["nothing that is compared here changed"]


def waiting_lines(seen):
    """Who would wait if he touched the page now, and who does."""
    blocked = [m for m in seen.entries.values() if is_migration(m.bits)]
    for m in blocked:
        yield "  would wait: whoever of %s touches 0x%08x" % (tasks_of(m.mm), m.address)
    for name in ("from", "to"):
        page = seen.pages[name]
        for task in waiters(page.address) if page is not None else ():
            yield "  waits now for the lock of `%s`: %s (task %d)" % (name, task_name(task), task.thread.id)


# ---- the places that are watched

class Watched(gdb.Breakpoint):
    def __init__(self, function):
        super().__init__("*" + function, type=gdb.BP_HARDWARE_BREAKPOINT, internal=True)
        self.silent = True
        self.enabled = False


class StageDone(Watched):
    """migrate_stage_done(m, passed): its arguments are in the first two registers (AAPCS 6.1.1)."""

    def stop(self):
        passed = stage_name(memory.newest_register("r1"))
        return Journey.at_stage(memory.newest_register("r0"), passed)


class Flush(Watched):
    """tlb_batch_flush(batch): "unmap" is through when the batch is that of our journey."""

    def stop(self):
        return Journey.at_flush(memory.newest_register("r0"))


class TakeBack(Watched):
    def stop(self):
        return Journey.at_refusal(int(gdb.newest_frame().read_var("m")))


class Undone(gdb.Breakpoint):
    """Where take_back returns to: its return address is in lr while it stands at its first instruction."""

    def __init__(self, back_at):
        super().__init__("*0x%x" % back_at, type=gdb.BP_HARDWARE_BREAKPOINT, internal=True, temporary=True)
        self.silent = True

    def stop(self):
        return Journey.at_undone()


class Journey:
    """The page that is followed, where it stands, and what was seen at the last stop."""
    move = None      # address of its struct move; None: none is followed
    source = None    # its frame's descriptor
    title = None
    seen = None
    reached = False  # set by a stop of ours
    new_page = False  # `next`: only the first stop of another page counts
    watched = ()

    @classmethod
    def watch(cls):
        if not cls.watched:
            cls.watched = (StageDone("migrate_stage_done"), Flush("tlb_batch_flush"), TakeBack("take_back"))

    @classmethod
    def stand(cls, title, move):
        cls.title, cls.move, cls.reached = title, move, True
        return True

    @classmethod
    def ours(cls, move):
        return move == cls.move

    @classmethod
    def begin(cls, move):
        """A journey's first stage: ours, unless another one is under way on another cpu."""
        if cls.move is not None and move != cls.move and cls.is_under_way():
            return False
        cls.source, cls.seen, cls.new_page = memory.at("move", move).follow("from").address, None, False
        return cls.stand("isolated", move)

    @classmethod
    def is_under_way(cls):
        return cls.title not in (None, "released", "taken back")

    @classmethod
    def at_stage(cls, move, passed):
        if passed == "target":
            return cls.begin(move)
        if not cls.ours(move):
            return False
        if passed not in TITLES:
            return False
        cls.title = cls.title_of(move, passed)
        if cls.new_page:
            return False
        return cls.stand(cls.title, move)

    @staticmethod
    def title_of(move, passed):
        if passed == "switch":
            to = memory.at("move", move).follow("to")
            return "slot replaced" if is_objects(to.flags) else "mapping moved over"
        return TITLES[passed]

    @classmethod
    def at_flush(cls, batch):
        journey = memory.layout("journey")
        if cls.move is None or cls.title != "locked" or cls.new_page or \
                batch != cls.move - journey.offset("moves") + journey.offset("tlb"):
            return False
        return cls.stand("unmapped", cls.move)

    @classmethod
    def at_refusal(cls, move):
        if cls.move is not None and cls.is_under_way() and not cls.ours(move):
            return False
        cls.title = "refused"
        if cls.new_page:
            return False
        source = memory.at("move", move).follow("from").address
        if source != cls.source:  # refused before its first stage was through
            cls.source, cls.seen = source, None
        return cls.stand("refused", move)

    @classmethod
    def at_undone(cls):
        cls.title = "taken back"
        return not cls.new_page and cls.stand(cls.title, cls.move)

    @classmethod
    def go(cls):
        """On to the next stop."""
        quietly("set var migrate_watched = 1")
        cls.watch()
        cls.reached = False
        undone = Undone(memory.newest_register("lr")) if cls.title == "refused" else None
        for place in cls.watched:
            place.enabled = True
        try:
            quietly("continue")
        finally:
            for place in cls.watched:
                place.enabled = False
            if undone and undone.is_valid():
                undone.delete()
        cls.arrived()

    @classmethod
    def arrived(cls):
        if gdb.selected_inferior().pid == 0:
            cls.move = cls.title = cls.seen = None
            raise Wrong("the machine has ended")
        if not cls.reached:
            raise Wrong("stopped elsewhere: %s" % call_chain())
        cls.name("move", "move", cls.move)
        for name in ("from", "to"):
            cls.name(name, "page", getattr(memory.at("move", cls.move), name))

    @staticmethod
    def name(variable, struct, address):
        """$variable points there."""
        gdb.set_convenience_variable(variable, gdb.Value(address).cast(gdb.lookup_type("struct " + struct).pointer()))


# ---- what is said

def refusal_lines(move):
    from .why import holds_lines
    yield "  refused by %s: %s, %s" % (stage_name(move.stage), reason_name(move.reason), reason_text(move.reason))
    if move.reason == constant("MOVE_PINNED"):
        yield "  holds: expected %d, found %d" % (move.expected, move.found)
        yield from holds_lines(move.follow("from"))


def report():
    """Where the page is now, and what changed since it was last shown."""
    move = memory.at("move", Journey.move)
    now = Seen(move, closely=True)
    yield "== %s: %s" % (Journey.title, SAID.get(Journey.title, ""))
    if Journey.title == "refused":
        yield from refusal_lines(move)
    if Journey.seen is None:
        yield from lines_of(now)
    else:
        yield from changes(Journey.seen, now)
    if Journey.title == "entries installed":
        yield from waiting_lines(now)
    Journey.seen = now


class Migration(gdb.Command):
    """migration step|next|show: follows one page through its migration.

    step goes from stage to stage and says what changed, next goes to the next page, show looks at the
    page in flight. From the first `step` on pages travel one by one (migrate_watched)."""

    def __init__(self):
        super().__init__("migration", gdb.COMMAND_RUNNING, prefix=True)


class Step(Command):
    """migration step [N]: on to the next stage of the page, or N stages; says what changed at each.

    isolated, locked, unmapped (TLBs not told yet), entries installed, copied, slot replaced (a page of
    an object; else mapping moved over), remapped, released; or refused, and then taken back. A page
    that is done is followed by the next. $from and $to are its two frames.
    Example: migration step; page $from; migration step 3"""
    kind = gdb.COMMAND_RUNNING
    most = 1

    def look(self, given):
        need_machine()
        count = int(given[0]) if given and given[0].isdigit() else 0 if given else 1
        if count < 1:
            raise Wrong("N is a number of stages from 1, not `%s`" % given[0])
        for _ in range(count):
            Journey.go()
            print("\n".join(report()))


class Next(Command):
    """migration next: lets this page finish, and stops where the next one is isolated.

    Example: migration next"""
    kind = gdb.COMMAND_RUNNING

    def look(self, given):
        need_machine()
        Journey.new_page = Journey.move is not None
        Journey.go()
        print("\n".join(report()))


class Show(Command):
    """migration show: the page in flight: both frames, each entry that stands for it, who waits.

    Without a `migration step` before, every page that is in flight on any cpu or in any sleeping
    thread. Example: migration show"""

    def lines(self, given):
        found = list(flights())
        if not found:
            yield "no page is in flight"
        for flight in found:
            move, now = flight.move, Seen(flight.move)
            title = ", %s" % Journey.title if move.address == Journey.move else ""
            yield "moved by %s%s; next: %s" % (task_name(flight.task), title, stage_name(move.stage))
            yield from lines_of(now)
            yield from waiting_lines(now)


Migration()
Step("migration step")
Next("migration next")
Show("migration show")
