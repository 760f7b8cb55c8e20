"""What every command does with its arguments and its errors: one line that says what was expected."""
import gdb

from . import memory


class Wrong(Exception):
    """An argument that makes no sense: the text is for the user."""


class Command(gdb.Command):
    """A command of ours. The docstring's first line is `name ARGUMENTS: what it does`."""
    kind = gdb.COMMAND_DATA
    least, most = 0, 0

    def __init__(self, name, **options):
        super().__init__(name, self.kind, **options)

    @property
    def usage(self):
        return self.__doc__.split("\n")[0].split(":")[0]

    def invoke(self, argument, from_tty):
        self.dont_repeat_unless_running()
        try:
            given = gdb.string_to_argv(argument)
            if not self.least <= len(given) <= self.most:
                raise Wrong("usage: %s" % self.usage)
            self.look(given)
        except Wrong as wrong:
            raise gdb.GdbError("error: %s" % wrong) from None
        except (memory.Torn, gdb.MemoryError) as unreadable:
            raise gdb.GdbError("error: kernel memory: %s" % unreadable) from None
        except gdb.error as failed:
            raise gdb.GdbError("error: %s" % failed) from None

    def dont_repeat_unless_running(self):
        if self.kind != gdb.COMMAND_RUNNING:
            self.dont_repeat()

    def look(self, given):
        """What only looks: any instruction will do, user mode as well."""
        need_machine()
        memory.enter()
        try:
            for line in self.lines(given):
                print(line)
        finally:
            memory.leave()

    def lines(self, given):
        raise NotImplementedError


def need_machine():
    if gdb.selected_inferior().pid == 0:
        raise Wrong("no machine: `tessera attach PORT` first, or `make gdb`")
    if gdb.selected_thread() is None or gdb.selected_thread().is_running():
        raise Wrong("the machine runs: interrupt it first (Ctrl-C)")


def need_memory_map():
    if not memory.variable("page_map"):
        raise Wrong("the kernel has not described its memory yet: go on until it has booted")


def number(text, what):
    """A number, or an expression that has one for its value."""
    try:
        return int(text, 0)
    except ValueError:
        pass
    try:
        value = gdb.parse_and_eval(text)
        if value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
            value = value[value.type.fields()[0]]  # pfn_t, vaddr_t and their like
        return int(value) & memory.WORD
    except (gdb.error, ValueError):
        raise Wrong("%s expected, not `%s`" % (what, text)) from None
