"""What is known of a frame: its descriptor in words, or the descriptors of all frames at once."""

from . import memory
from .command import Command, Wrong, need_memory_map, number
from .memory import constant
from .tables import entry_at, frame_of, is_migration, is_present
from .tasks import find_space


class Frames:
    """All descriptors, read in one go: for who looks at many of them."""

    def __init__(self):
        layout = memory.layout("page")
        self.start, self.end = memory.variable("page_map_start"), memory.variable("page_map_end")
        self.base = memory.variable("page_map")
        self.stride = layout.size // 4
        self.words = memory.words(self.base, self.stride * (self.end - self.start))
        self.at = {name: layout.offset(name) // 4 for name in layout.fields}
        self.link = layout.offset("lru")

    def __len__(self):
        return self.end - self.start

    def column(self, field):
        """One field of every descriptor, by frame number less the first."""
        return self.words[self.at[field]::self.stride]

    def get(self, pfn, field):
        return self.words[(pfn - self.start) * self.stride + self.at[field]]

    def word(self, address):
        """A word of memory, from what was read where that has it."""
        nth = address - self.base
        return self.words[nth // 4] if 0 <= nth < 4 * len(self.words) else memory.word(address)

    def has(self, pfn):
        return self.start <= pfn < self.end

    def pfn_of_node(self, node):
        """The frame whose descriptor is linked by this node; None: it is none of a descriptor."""
        nth, rest = divmod(node - self.link - self.base, 4 * self.stride)
        return self.start + nth if rest == 0 and 0 <= nth < len(self) else None


# ---- one descriptor

def page_address(pfn):
    return memory.variable("page_map") + (pfn - memory.variable("page_map_start")) * memory.layout("page").size


def page_of(pfn):
    return memory.at("page", page_address(pfn))


def pfn_of(page):
    """Of a descriptor's address."""
    return memory.variable("page_map_start") + \
        (page - memory.variable("page_map")) // memory.layout("page").size


def is_descriptor(address):
    first = memory.variable("page_map")
    last = page_address(memory.variable("page_map_end"))
    return first <= address < last and (address - first) % memory.layout("page").size == 0


def kind_of(flags):
    return (flags & constant("PG_KIND_MASK")) >> constant("PG_KIND_SHIFT")


def kind_word(flags):
    return memory.enum_names("page_kind_id", "KIND_").get(kind_of(flags), "?")


def is_objects(flags):
    """Of a kind whose pages are in the tree of an object."""
    return kind_of(flags) in (constant("KIND_SHMEM"), constant("KIND_FILE"))


def is_users(flags):
    return kind_of(flags) == constant("KIND_ANON") or is_objects(flags)


def zone_of(flags):
    return memory.variable("zones")[(flags & constant("PG_ZONE_MASK")) >> constant("PG_ZONE_SHIFT")]


def flag_list(flags):
    names = memory.enum_names("page_flags", "PG_")
    return [n for bit, n in sorted(names.items()) if flags & bit]


def flag_words(flags):
    return ",".join(flag_list(flags)) or "none"


def page_words(page):
    """One line: what `page_describe` of the kernel would say."""
    place = "order %d" % page.order if page.flags & constant("PG_BUDDY") else "index 0x%x" % page.index
    return "pfn 0x%x %s refs %d mapcount %d %s flags %s" % (
        pfn_of(page.address), kind_word(page.flags), page.refs, page.mapcount, place, flag_words(page.flags))


def find_frame(text):
    """FRAME: a frame number, a pointer to a descriptor, or TASK:ADDR."""
    need_memory_map()
    if ":" in text:
        return frame_behind(*text.split(":", 1))
    n = number(text, "FRAME: a frame number, a struct page pointer or TASK:ADDR")
    if is_descriptor(n):
        return memory.at("page", n)
    first, end = memory.variable("page_map_start"), memory.variable("page_map_end")
    if not first <= n < end:
        raise Wrong("frame 0x%x does not exist: frames are 0x%x to 0x%x" % (n, first, end - 1))
    return page_of(n)


def frame_behind(task, text):
    """The frame that a task's entry maps, or that a migration entry there stands for."""
    mm, address = find_space(task), number(text, "an address after `%s:`" % task)
    bits = entry_at(mm, address) if address < constant("USER_END") else None
    if not bits or not (is_present(bits) or is_migration(bits)):
        raise Wrong("no frame is mapped at 0x%08x of %s" % (address, mm.text("name")))
    return page_of(frame_of(bits))


# ---- in words

def lru_list_of(flags):
    """The list that the flags name: lru.c, list_of."""
    if flags & constant("PG_UNEVICTABLE"):
        return "unevictable"
    kind = "anon" if flags & constant("PG_SWAPBACKED") else "file"
    return ("active " if flags & constant("PG_ACTIVE") else "inactive ") + kind


def lru_words(page):
    flags = page.flags
    if flags & constant("PG_LRU"):
        return "on the %s list of zone %s" % (lru_list_of(flags), zone_of(flags).text("name"))
    if flags & constant("PG_LRU_BATCH"):
        return "in a cpu's batch, on its way to the %s list" % lru_list_of(flags)
    if flags & constant("PG_ISOLATED"):
        return "isolated: taken off the %s list" % lru_list_of(flags)
    return "on none"


def free_block_of(pfn):
    """(first frame, order) of the free block that a frame lies in, or None."""
    for order in range(constant("MAX_ORDER") + 1):
        first = pfn & ~((1 << order) - 1)
        page = page_of(first)
        if page.flags & constant("PG_BUDDY"):
            return (first, page.order) if page.order >= order else None
    return None


def place_words(pfn, page):
    """In which of the places that page.h names a frame is."""
    block = free_block_of(pfn)
    if block:
        return "free, %s free block of order %d at 0x%x" % (
            "first of a" if block[0] == pfn else "inside the", block[1], block[0])
    if page.flags & constant("PG_PCP"):
        return "free, on a cpu's own list"
    if page.flags & constant("PG_RESERVED"):
        return "reserved: never handed out"
    if page.refs == 0:
        return "in nobody's hand: frozen, or in a scanner's stock, or on its way"
    return {constant("KIND_KERNEL"): "in use by the kernel", constant("KIND_TABLE"): "a table of an address space",
            constant("KIND_ANON"): "anonymous memory",
            constant("KIND_SHMEM"): "memory of an object", constant("KIND_FILE"): "a file's page"}.get(kind_of(page.flags), "in use")


def mapping_words(page):
    if not page.mapping:
        return "none"
    kind = kind_of(page.flags)
    if kind == constant("KIND_ANON"):
        return "family 0x%08x, offset 0x%x" % (page.mapping, page.index)
    if is_objects(page.flags):
        return "object %d at 0x%08x, offset 0x%x" % (page.follow("cache").serial, page.mapping, page.index)
    if kind == constant("KIND_TABLE"):
        return "tables of %s, %d entries in use" % (page.follow("mm").text("name"), page.used)
    return "0x%08x" % page.mapping


def pageblock_of(pfn):
    nth = pfn - memory.variable("page_map_start") >> constant("PAGEBLOCK_ORDER")
    return memory.at("pageblock", memory.variable("pageblock_map") + nth * memory.layout("pageblock").size)


def pageblock_words(pfn):
    order = constant("PAGEBLOCK_ORDER")
    block = pageblock_of(pfn)
    skip = "; gave no page to move lately" if block.skip & constant("PAGEBLOCK_SKIP_MIGRATE") else ""
    return "0x%x %s: %d of %d frames free, %d unmovable%s" % (
        pfn >> order << order, memory.enum_names("migratetype", "MIGRATE_").get(block.type, "?"),
        block.free_pages, 1 << order, block.unmovable_pages, skip)


class ShowPage(Command):
    """page FRAME: one frame in words: flags, holds and who has them, mappings, lists, pageblock.

    FRAME is a frame number, a struct page pointer (an expression will do), or TASK:ADDR, the frame
    behind an address of a task. Holds that nothing on record explains are said to be unknown.
    Example: page 0x83c00; page churn:0x10000; page $from"""
    least = most = 1

    def lines(self, given):
        from .holders import holder_lines, summary  # holders needs descriptors: this file
        page = find_frame(given[0])
        pfn = pfn_of(page.address)
        yield "pfn 0x%x: %s" % (pfn, place_words(pfn, page))
        yield "  flags      %s" % flag_words(page.flags)
        yield "  refs       %d%s" % (page.refs, summary(page))
        for line in holder_lines(page):
            yield "    " + line
        yield "  mapcount   %d" % page.mapcount
        yield "  mapping    %s" % mapping_words(page)
        yield "  lru        %s" % lru_words(page)
        yield "  pageblock  %s" % pageblock_words(pfn)
        yield "  zone       %s" % zone_of(page.flags).text("name")


ShowPage("page")
