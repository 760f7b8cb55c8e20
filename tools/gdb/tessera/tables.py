"""Entries of the tables, and the walk that the hardware takes to one."""
from . import memory
from .command import Command, Wrong, number
from .memory import constant
from .tasks import cpus, current_task, find_space, find_task, task_name

L1_FAULT, L1_TABLE, L1_SECTION = 0, 1, 2  # bits [1:0], ARM DDI 0406C B3.5.1 figure B3-4; 3 is a section with PXN
ARMV7_SECTION = (("super", 18), ("not-global", 17), ("shareable", 16), ("read-only", 15), ("user", 11),
                 ("accessed", 10), ("execute-never", 4), ("write-back", 3), ("bufferable", 2))  # the same figure
ASID_MASK = 0xff  # CONTEXTIDR.ASID, ARM DDI 0406C B4.1.36


def has(bits, name):
    return bool(bits & constant(name))


def is_present(bits):
    return has(bits, "PTE_SMALL_PAGE")


def leaf_kind(bits):
    return (bits & constant("LEAF_TYPE_MASK")) >> constant("LEAF_TYPE_SHIFT")


def is_migration(bits):
    return bits != 0 and not is_present(bits) and leaf_kind(bits) == constant("LEAF_MIGRATION")


def frame_of(bits):
    return bits >> constant("PAGE_SHIFT")


def marks(bits):
    """What an entry keeps beside its frame, in words."""
    if is_present(bits):
        named = (("user", has(bits, "PTE_USER")), ("writable", not has(bits, "PTE_RO")),
                 ("executable", not has(bits, "PTE_XN")), ("young", has(bits, "PTE_YOUNG")),
                 ("dirty", has(bits, "PTE_DIRTY")), ("soft-dirty", has(bits, "PTE_SOFT_DIRTY")))
    else:
        named = (("writable", has(bits, "LEAF_WRITE")), ("young", has(bits, "LEAF_YOUNG")),
                 ("dirty", has(bits, "LEAF_DIRTY")), ("soft-dirty", has(bits, "LEAF_SOFT_DIRTY")))
    return [word for word, on in named if on]


def entry_words(bits):
    """An entry as arch/arm/impl/pte.h and mm/virt/leaf.h define it, by the kernel's own constants."""
    if bits == 0:
        return "none"
    if is_present(bits):
        return " ".join(["present pfn 0x%x" % frame_of(bits)] + marks(bits))
    if is_migration(bits):
        return " ".join(["migration of pfn 0x%x" % frame_of(bits)] + marks(bits))
    return "not present, bits 0x%08x" % bits


def bit_names(bits):
    """The bits that are set beside the frame number, by the names the source gives them."""
    if bits == 0:
        return []
    if is_present(bits):
        names = memory.enum_names_all("PTE_SMALL_PAGE", "PTE_")
        return [n for value, n in sorted(names.items()) if bits & value and value < 1 << constant("PAGE_SHIFT")]
    names = memory.enum_names_all("LEAF_TYPE_SHIFT", "LEAF_")
    kinds = memory.enum_names("leaf_type", "LEAF_", strip=False)
    single = [n for value, n in sorted(names.items())
              if bits & value and value > constant("LEAF_TYPE_MASK") and value & (value - 1) == 0]
    return [kinds.get(leaf_kind(bits), "?")] + single


def bit_words(bits):
    """The same, the common beginning of the names said once."""
    names = bit_names(bits)
    prefix = names[0][:names[0].index("_")] if names else ""
    return "%s bits %s" % (prefix, " ".join(n[len(prefix) + 1:] for n in names)) if names else "no bits"


# ---- where an entry is

def direct_map(physical):
    """The kernel's address of low memory."""
    return physical + memory.variable("direct_map_offset") & memory.WORD


def l1_place(mm, address):
    return mm.arch.l1 + (address // constant("L1E_SPAN")) * 4


def entry_place(mm, address):
    """Where the entry of a user address is, or None where there is no table."""
    l1e = memory.word(l1_place(mm, address))
    if l1e & 3 != L1_TABLE:
        return None
    return l2_place(l1e, address)


def l2_place(l1e, address):
    return direct_map(l1e & ~0x3ff) + (address >> constant("PAGE_SHIFT") & 0xff) * 4


def entry_at(mm, address):
    """The entry's bits; None where there is no table."""
    place = entry_place(mm, address)
    return None if place is None else memory.word(place)


# ---- the walk, in words

def section_words(bits):
    on = [word for word, bit in ARMV7_SECTION if bits >> bit & 1]
    return "section of physical 0x%08x: %s" % (bits & ~0xfffff, " ".join(on))


def table_words(bits):
    return "table at physical 0x%08x%s" % (bits & ~0x3ff, ", PXN" if has(bits, "L1E_TABLE_PXN") else "")


def l1_words(bits):
    if bits & 3 == L1_FAULT:
        return "nothing: an access faults here"
    return table_words(bits) if bits & 3 == L1_TABLE else section_words(bits)


def software_words(bits):
    ours = [word for word in ("dirty", "soft-dirty") if word in marks(bits)]
    return "our own, which the hardware ignores: " + (" ".join(ours) or "none set")


def leaf_lines(bits):
    if bits == 0:
        yield "    none: nothing was ever here, an access faults"
        return
    yield "    %s" % entry_words(bits)
    yield "    " + bit_words(bits)
    if is_present(bits):
        yield "    " + software_words(bits)
    elif is_migration(bits):
        yield "    the page moves: an access faults and waits for the lock of pfn 0x%x" % frame_of(bits)


def walk_from(l1, address):
    place = l1 + (address >> 20) * 4
    l1e = memory.word(place)
    yield "  L1[0x%03x] at 0x%08x: 0x%08x  %s" % (address >> 20, place, l1e, l1_words(l1e))
    if l1e & 3 != L1_TABLE:
        return
    place = l2_place(l1e, address)
    bits = memory.word(place)
    yield "  L2[0x%02x] at 0x%08x: 0x%08x" % (address >> 12 & 0xff, place, bits)
    yield from leaf_lines(bits)


def where_loaded(mm):
    tables = mm.arch.l1_paddr
    on = [c.number for c in cpus(lambda c: setattr(c, "table", memory.system_register("TTBR0") & ~0x1fff))
          if c.table == tables]
    return "loaded on cpu %s" % ",".join(map(str, on)) if on else "not loaded on any cpu now"


def user_lines(address, mm):
    yield "0x%08x of %s: below 0x%08x (TTBCR.N = %d), so by TTBR0" % (
        address, mm.text("name"), constant("USER_END"), memory.system_register("TTBCR") & 7)
    yield "  tables at physical 0x%08x, ASID %d, %s" % (
        mm.arch.l1_paddr, mm.arch.asid & ASID_MASK, where_loaded(mm))
    yield from walk_from(mm.arch.l1, address)


def kernel_lines(address):
    l1, _ = memory.symbol("kernel_l1")
    yield "0x%08x: not below 0x%08x, so by TTBR1" % (address, constant("USER_END"))
    yield "  the kernel's tables at physical 0x%08x" % (memory.system_register("TTBR1") & ~0x3fff)
    yield from walk_from(l1, address)


def current_space():
    task = current_task()
    mm = task.thread.follow("mm") if task else None
    if mm is None:
        raise Wrong("%s has no address space: name a task, `walk ADDRESS TASK`" %
                    (task_name(task) if task else "this cpu"))
    return mm


class Walk(Command):
    """walk ADDRESS [TASK]: the table walk of an address, as the hardware takes it.

    Which TTBR, the first-level entry, the second-level one with every bit in words; a migration entry
    is decoded too. Without TASK a user address is one of the task that this cpu runs.
    Example: walk 0x10000 churn; walk $pc"""
    least, most = 1, 2

    def lines(self, given):
        address = number(given[0], "an address")
        if address > memory.WORD:
            raise Wrong("an address of 32 bits expected, not `%s`" % given[0])
        if address >= constant("USER_END"):
            if len(given) == 2:
                find_task(given[1])
            return kernel_lines(address)
        return user_lines(address, find_space(given[1]) if len(given) == 2 else current_space())


Walk("walk")
