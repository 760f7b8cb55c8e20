"""The way in: connect to a machine that waits, run to the first migration, stand there."""
import gdb

from . import memory
from .command import Command, Wrong

SETTINGS = ("pagination off", "confirm off", "print frame-arguments none", "tcp connect-timeout 10")


def quietly(command):
    return gdb.execute(command, to_string=True)


def call_chain(most=6):
    names, frame = [], gdb.newest_frame()
    while frame is not None and len(names) < most:
        if frame.type() == gdb.NORMAL_FRAME:
            names.append(frame.name() or "?")
        frame = frame.older()
    return " <- ".join(names)


def connect(port):
    for setting in SETTINGS:
        gdb.execute("set " + setting)
    try:
        quietly("target remote 127.0.0.1:" + port)
    except gdb.error:
        raise Wrong("no machine waits at port %s" % port) from None


class Tessera(Command):
    """tessera attach PORT: connects, runs to the first migrate_pages, and stops there.

    The machine was started with `tools/run --gdb PORT`; `make gdb` does both."""
    kind = gdb.COMMAND_RUNNING
    least = most = 2

    def look(self, given):
        if given[0] != "attach" or not given[1].isdigit():
            raise Wrong("usage: tessera attach PORT")
        connect(given[1])
        quietly("thbreak migrate_pages")
        quietly("continue")
        if gdb.selected_inferior().pid == 0:
            raise Wrong("the machine ended before anything moved")
        memory.Physical.on = False
        print(call_chain())
        print("The first migration begins here. `migration step` goes to the next stage of a page and says what")
        print("changed; `help tessera-commands` lists what looks around.")


class Commands(Command):
    """tessera-commands: what can be asked of a stopped machine.

    migration step|next|show   one page, stage by stage
    page, rmap, why            one frame: what it is, who maps it, why it stayed
    zones, free-lists, scanners   memory, and compaction
    tasks, areas, walk         programs, their areas, the walk to an entry
    trace-tail, check          the last events; what must hold
    `print` shows struct page, pte_t, pfn_t, struct zone, vma, mm, task, move and list in words."""

    def lines(self, given):
        return self.__doc__.split("\n")[2:]


Tessera("tessera")
Commands("tessera-commands")
