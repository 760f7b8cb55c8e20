"""GDB commands for Tessera: stand at a migration, go from stage to stage, look at pages and entries.

  tessera attach PORT   connects, runs to the first migrate_pages, stops there
  stage [N]             goes on until the next stage (or the N-th) of a page is done; shows it
  move                  the page in flight: frames, stage, holds, reason
  page PFN|POINTER      one descriptor in words
  pte ADDRESS [MM]      the entry of a user address: in the current task's space, or MM's
  holders PFN           where the reverse map says that the page is mapped, and what stands there

All numbers come from the kernel's own debug information: no layout is repeated here.
"""
import gdb

PAGE_SHIFT = 12


def value(expression):
    return gdb.parse_and_eval(expression)


def number(expression):
    return int(value(expression))


def enum_names(type_name, prefix):
    """{value: name} of an enumeration, the prefix taken off."""
    fields = gdb.lookup_type("enum " + type_name).fields()
    return {f.enumval: f.name[len(prefix):].lower() for f in fields if f.name.startswith(prefix)}


def flag_words(flags):
    names = enum_names("page_flags", "PG_")
    return ",".join(n for bit, n in sorted(names.items()) if flags & bit) or "none"


def page_of(pfn):
    return value("&page_map[%d - page_map_start.n]" % pfn)


def pfn_of(page):
    first = number("page_map_start.n")
    return first + (int(page) - number("(unsigned)page_map")) // gdb.lookup_type("struct page").sizeof


def to_page(text):
    n = number(text)
    pages = number("(unsigned)page_map")
    if n >= pages:
        return gdb.Value(n).cast(gdb.lookup_type("struct page").pointer())
    return page_of(n)


def page_words(page):
    p = page.dereference()
    flags = int(p["flags"])
    kinds = enum_names("page_kind_id", "KIND_")
    kind = kinds.get(flags >> 24 & 7, "?")
    place = " order %d" % int(p["order"]) if flags & number("PG_BUDDY") else " index 0x%x" % int(p["index"])
    return "pfn 0x%x %s refs %d mapcount %d%s flags %s" % (
        pfn_of(page), kind, int(p["refs"]), int(p["mapcount"]), place, flag_words(flags & 0xffffff))


def entry_words(bits):
    """An entry as arch/arm/impl/pte.h and mm/virt/leaf.h define it, through the kernel's own constants."""
    def has(name):
        return bool(bits & number(name))
    if bits == 0:
        return "none"
    if has("PTE_SMALL_PAGE"):
        marks = [w for w, on in (("user", has("PTE_USER")), ("writable", not has("PTE_RO")),
                                 ("executable", not has("PTE_XN")), ("young", has("PTE_YOUNG")),
                                 ("dirty", has("PTE_DIRTY")), ("soft-dirty", has("PTE_SOFT_DIRTY"))) if on]
        return "present pfn 0x%x %s" % (bits >> PAGE_SHIFT, " ".join(marks))
    kind = (bits & number("LEAF_TYPE_MASK")) >> number("LEAF_TYPE_SHIFT")
    if kind == number("LEAF_MIGRATION"):
        marks = [w for w, n in (("write", "LEAF_WRITE"), ("young", "LEAF_YOUNG"), ("dirty", "LEAF_DIRTY"),
                                ("soft-dirty", "LEAF_SOFT_DIRTY")) if has(n)]
        return "migration of pfn 0x%x %s" % (bits >> PAGE_SHIFT, " ".join(marks))
    return "not present, bits 0x%08x" % bits


def entry_at(mm, address):
    """The entry's bits, read through the task's own tables: None where there is no table."""
    l1 = int(mm["arch"]["l1"][address >> 20]["bits"])
    if l1 & 3 != 1:
        return None
    table = (l1 & ~1023) + number("direct_map_offset") & 0xffffffff
    index = address >> PAGE_SHIFT & 255
    return int(gdb.Value(table + 4 * index).cast(gdb.lookup_type("unsigned int").pointer()).dereference())


def kind_of(page):
    return int(page["flags"]) >> 24 & 7


def areas_of(page):
    """(area, address) of every area in the page's family, or of those that map its object, that covers it."""
    vma = gdb.lookup_type("struct vma")
    node_name, owner = ("family", "anon") if kind_of(page) == number("KIND_ANON") else ("sharers", "cache")
    offset = [f for f in vma.fields() if f.name == node_name][0].bitpos // 8
    head = page[owner]["areas"].address
    node = head.dereference()["next"]
    while int(node) != int(head):
        v = gdb.Value(int(node) - offset).cast(vma.pointer())
        page_in_area = int(page["index"]) - int(v["pgoff"])
        if 0 <= page_in_area < (int(v["end"]) - int(v["start"])) >> PAGE_SHIFT:
            yield v, int(v["start"]) + (page_in_area << PAGE_SHIFT)
        node = node.dereference()["next"]


def mapping_lines(page):
    p = page.dereference()
    if kind_of(p) not in (number("KIND_ANON"), number("KIND_SHMEM")) or int(p["mapping"]) == 0:
        return ["  nothing maps it by a family or an object"]
    lines = []
    for v, address in areas_of(p):
        bits = entry_at(v["mm"].dereference(), address)
        lines.append("  %s 0x%08x: %s" % (v["mm"]["name"].string(), address,
                                          "no table" if bits is None else entry_words(bits)))
    return lines


class Move:
    """The page in flight at the last stop in migrate_stage_done."""
    current = None

    @staticmethod
    def lines():
        if Move.current is None:
            return ["no page in flight: `stage` goes to the next one"]
        m = Move.current.dereference()
        stages = enum_names("move_stage", "STAGE_")
        reasons = enum_names("move_reason", "MOVE_")
        lines = ["next stage: %s%s" % (stages.get(int(m["stage"]), "none, it is done"),
                                       ", refused: %s" % reasons[int(m["reason"])] if int(m["reason"]) else "")]
        for name in ("from", "to"):
            if int(m[name]):
                lines.append("%-5s%s" % (name, page_words(m[name])))
        holder = m["from"] if int(m["from"]) and int(m["from"]["anon"]) else m["to"]
        return lines + (mapping_lines(holder) if int(holder) else [])


class StageDone(gdb.Breakpoint):
    """Stops where the runner of stages.c shows a stage."""
    def __init__(self):
        super().__init__("migrate_stage_done", type=gdb.BP_HARDWARE_BREAKPOINT, internal=True)
        self.silent = True

    def stop(self):
        frame = gdb.selected_frame()
        Move.current = frame.read_var("m")
        return True


def quietly(command):
    return gdb.execute(command, to_string=True)


def watch_stages():
    """Pages travel one by one, and the runner shows every stage (journey_init)."""
    quietly("set var migrate_watched = 1")


def call_chain():
    names, frame = [], gdb.newest_frame()
    while frame is not None and len(names) < 6:
        if frame.type() == gdb.NORMAL_FRAME:
            names.append(frame.name() or "?")
        frame = frame.older()
    return " <- ".join(names)


class Tessera(gdb.Command):
    """tessera attach PORT: connects, runs to the first migrate_pages, and stops there."""
    def __init__(self):
        super().__init__("tessera", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        words = argument.split()
        if len(words) != 2 or words[0] != "attach":
            raise gdb.GdbError("tessera attach PORT")
        for setting in ("pagination off", "confirm off", "print frame-arguments none", "tcp connect-timeout 10"):
            gdb.execute("set " + setting)
        quietly("target remote 127.0.0.1:" + words[1])
        quietly("thbreak migrate_pages")
        quietly("continue")
        watch_stages()
        StageDone()
        print(call_chain())
        print("The first migration begins here. `stage` goes to the next stage of a page and shows it;")
        print("move, page PFN, holders PFN and pte ADDRESS look around; `help stage` and so on tell more.")


class Stage(gdb.Command):
    """stage [N]: goes on until the next stage (or the N-th) of a page is done; shows the page."""
    def __init__(self):
        super().__init__("stage", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        watch_stages()
        for _ in range(int(argument or 1)):
            quietly("continue")
        if gdb.selected_frame().name() != "migrate_stage_done":
            print(call_chain())
            return
        stages = enum_names("move_stage", "STAGE_")
        print("== %s done" % stages[int(gdb.selected_frame().read_var("passed"))])
        print("\n".join(Move.lines()))


class ShowMove(gdb.Command):
    """move: the page in flight: frames, stage, holds, reason, and every entry that stands for it."""
    def __init__(self):
        super().__init__("move", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        print("\n".join(Move.lines()))


class Page(gdb.Command):
    """page PFN|POINTER: one descriptor in words."""
    def __init__(self):
        super().__init__("page", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        print(page_words(to_page(argument)))


class Holders(gdb.Command):
    """holders PFN: where the reverse map says that the page may be mapped, and what stands there."""
    def __init__(self):
        super().__init__("holders", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        page = to_page(argument)
        print(page_words(page))
        print("\n".join(mapping_lines(page)))


class Pte(gdb.Command):
    """pte ADDRESS [MM]: the entry of a user address, in the space the processor uses now or in MM."""
    def __init__(self):
        super().__init__("pte", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        words = gdb.string_to_argv(argument)
        if not words:
            raise gdb.GdbError("pte ADDRESS [MM]")
        mm = value(words[1]) if len(words) > 1 else value("queue.loaded")
        if int(mm) == 0:
            raise gdb.GdbError("no user address space is in use here: name one")
        bits = entry_at(mm.dereference(), number(words[0]))
        print("no table" if bits is None else entry_words(bits))


for command in (Tessera, Stage, ShowMove, Page, Holders, Pte):
    command()
