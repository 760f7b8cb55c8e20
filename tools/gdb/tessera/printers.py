"""How `print` shows the main types: what one wants to know of each first, in a line.

The fields are still there: `print/r` shows them.
"""
import gdb

from . import memory
from .frames import page_words, pfn_of
from .tables import entry_words
from .tasks import other_marks, rights


def number_in(value):
    """What is in a struct of one number."""
    return int(value[value.type.strip_typedefs().fields()[0]]) & memory.WORD


def page_text(value):
    return page_words(memory.at("page", int(value.address)))


def zone_text(value):
    z = memory.at("zone", int(value.address))
    return "zone %s 0x%x-0x%x: %d of %d pages free" % (
        z.text("name"), z.start, z.end - 1 if z.end else 0, z.free_pages, z.managed_pages)


def area_text(value):
    v = memory.at("vma", int(value.address))
    marks = "".join(" " + m for m in other_marks(v.flags))
    return "%08x-%08x %s offset 0x%x%s" % (v.start, v.end, rights(v.flags), v.pgoff, marks)


def space_text(value):
    mm = memory.at("mm", int(value.address))
    return "%s: %d areas, %d anonymous pages, %d of objects, %d tables" % (
        mm.text("name"), mm.area_count, mm.anon_pages, mm.shared_pages, mm.table_pages)


def object_text(value):
    m = memory.at("address_space", int(value.address))
    return "object %d: %d of %d pages, held %d times" % (m.serial, m.page_count, m.size_pages, m.refs)


def family_text(value):
    a = memory.at("anon_vma", int(value.address))
    return "family 0x%08x, held %d times" % (a.address, a.refs)


def move_text(value):
    m = memory.at("move", int(value.address))
    stages, reasons = memory.enum_names("move_stage", "STAGE_"), memory.enum_names("move_reason", "MOVE_")
    ends = ["0x%x" % pfn_of(p) if p else "none" for p in (getattr(m, "from"), m.to)]
    text = "pfn %s -> %s, next: %s" % (ends[0], ends[1], stages.get(m.stage, "done"))
    if m.error:
        text += ", refused: %s, holds expected %d, found %d" % (reasons[m.reason].upper(), m.expected, m.found)
    return text



def task_text(value):
    t = memory.at("task", int(value.address))
    mm = t.thread.follow("mm")
    return "task %d %s, %s" % (t.thread.id, t.thread.text("name"), "of " + mm.text("name") if mm else "a kernel thread")


def block_text(value):
    b = memory.at("pageblock", int(value.address))
    return "%s: %d frames free, %d can not move" % (
        memory.enum_names("migratetype", "MIGRATE_").get(b.type, "?"), b.free_pages, b.unmovable_pages)


OF_STRUCT = {"page": page_text, "zone": zone_text, "vma": area_text, "mm": space_text, "address_space": object_text,
             "anon_vma": family_text, "move": move_text, "task": task_text, "pageblock": block_text}
OF_NUMBER = {"pfn_t": lambda n: "pfn 0x%x" % n, "paddr_t": lambda n: "physical 0x%08x" % n,
             "vaddr_t": lambda n: "0x%08x" % n, "pte_t": entry_words}


class Printer:
    """gdb asks for `to_string`; a value that is not in memory is shown by its fields."""

    def __init__(self, text, value):
        self.text, self.value = text, value

    def to_string(self):
        try:
            return self.text(self.value)
        except (gdb.error, memory.Torn, UnicodeDecodeError) as unreadable:
            return "<%s>" % unreadable


def printer_of(value):
    """What gdb calls for every value that it is about to show."""
    name = value.type.name
    if name in OF_NUMBER:
        return Printer(lambda v: OF_NUMBER[name](number_in(v)), value)
    found = OF_STRUCT.get(value.type.strip_typedefs().tag)
    return Printer(found, value) if found and value.address is not None else None


gdb.pretty_printers.append(printer_of)
