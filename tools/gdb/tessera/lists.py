"""Lists and trees of base/: struct list, struct radix, struct waiter's queues."""
import gdb

from . import memory
from .memory import Torn


def list_nodes(head, most=1 << 20, word=memory.word):
    """The addresses of the nodes of a struct list, in order; a ring that does not close raises Torn.

    `word` reads a word: somebody who has read much of memory already gives his own."""
    node, before, seen = word(head), head, 0
    while node != head:
        seen += 1
        if seen > most or node == 0 or node & 3:
            raise Torn(head, before, node)
        yield node
        before, node = node, word(node)


def member_offset(type_name, member):
    """Of `member`, or of `a.b`, a member of a member."""
    offset, layout = 0, memory.layout(type_name)
    for name in member.split("."):
        offset += layout.offset(name)
        field_type = memory.resolved(layout.fields[name][1])
        layout = memory.Layout.of(field_type) if field_type.code == gdb.TYPE_CODE_STRUCT else None
    return offset


def entries(head, type_name, member):
    """The Objects on a list, linked through `member`."""
    offset = member_offset(type_name, member)
    for node in list_nodes(head):
        yield memory.at(type_name, node - offset)


def is_on_a_list(node):
    """A node that is on none points at itself."""
    return memory.word(node) != node


def radix_items(root, index=0):
    """(index, item) of a struct radix, from its root node on."""
    if not root:
        return
    node = memory.at("radix_node", root)
    slots = node.slot
    for n in range(len(slots)):
        if not slots[n]:
            continue
        below = index * len(slots) + n
        if node.level:
            yield from radix_items(slots[n], below)
        else:
            yield below, slots[n]


def waiters(key):
    """The threads that sleep until something happens to what is at `key`: in whichever queue."""
    queues = memory.variable("buckets", "base/waitq.c")
    heads = memory.read(queues.address, queues.step * len(queues))
    offset, step = member_offset("bucket", "waiters"), queues.step
    for n in range(len(queues)):
        head = queues.address + n * step + offset
        if int.from_bytes(heads[n * step + offset:n * step + offset + 4], "little") == head:
            continue
        for w in entries(head, "waiter", "node"):
            if w.key == key:
                yield memory.at("task", w.thread)
