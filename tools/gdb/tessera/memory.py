"""The kernel's memory, read by the layouts in the debug information.

Nothing here calls into the kernel or writes to it. A struct is an Object: its fields are numbers, other
Objects, arrays of these. A pointer is the number of its address; `follow` goes there. The address types
of one member (pfn_t, vaddr_t, pte_t ...) are numbers too.

In user mode the processor may not read the kernel's half, and the emulator honours that; then everything
is read by physical address, found as the hardware finds it in the kernel's own first-level table.
"""
import struct

import gdb

MODE_MASK, MODE_USER, IRQS_OFF = 0x1f, 0x10, 0x80  # CPSR: ARM DDI 0406C B1.3.3
PAGE_BYTES = 4096  # a small page: ARM DDI 0406C B3.5.1
TABLE_ALIGN = 0x4000  # of a first-level table: ARM DDI 0406C B3.5.4
SCALARS = {1: "B", 2: "H", 4: "I", 8: "Q"}
WORD = 0xffffffff


class Torn(Exception):
    def __init__(self, head, last, found):
        super().__init__("list at 0x%08x does not close: after 0x%08x comes 0x%08x" % (head, last, found))


# ---- the processor

def newest_register(name):
    """As it is where the processor stands, not where a selected caller will go on."""
    return int(gdb.newest_frame().read_register(name)) & WORD


def in_user_mode():
    return newest_register("cpsr") & MODE_MASK == MODE_USER


def enter():
    """Before a command reads anything."""
    Physical.switch(in_user_mode())


def leave():
    Physical.switch(False)


def system_register(name):
    """In the secure state, where the boards with a secure monitor run, a register is the secure one."""
    for bank in ("_S", ""):
        value = gdb.parse_and_eval("$" + name + bank)
        if value.type.code != gdb.TYPE_CODE_VOID and int(value):
            return int(value) & WORD
    return 0


class Physical:
    """While on, the emulator takes addresses as physical ones: a packet of its debugger's stub."""
    on = False

    @classmethod
    def switch(cls, on):
        if cls.on != on:
            gdb.execute("maintenance packet Qqemu.PhyMemMode:%d" % on, to_string=True)
            cls.on = on


def read_raw(address, size):
    return bytes(gdb.selected_inferior().read_memory(address, size))


def word_raw(address):
    return struct.unpack("<I", read_raw(address, 4))[0]


def physical_address(address):
    """Of a kernel address, through the table that TTBR1 names."""
    l1 = system_register("TTBR1") & ~(TABLE_ALIGN - 1)
    entry = word_raw(l1 + (address >> 20) * 4)
    if entry & 3 == 1:
        page = word_raw((entry & ~0x3ff) + (address >> 12 & 0xff) * 4)
        return (page & ~0xfff) + (address & 0xfff) if page & 3 else None
    return (entry & ~0xfffff) + (address & 0xfffff) if entry & 3 else None


def read_physical(address, size):
    parts = []
    while size:
        step = min(size, PAGE_BYTES - address % PAGE_BYTES)
        place = physical_address(address)
        if place is None:
            raise gdb.MemoryError("nothing is mapped at kernel address 0x%x" % address)
        parts.append(read_raw(place, step))
        address, size = address + step, size - step
    return b"".join(parts)


def read(address, size):
    return read_physical(address, size) if Physical.on else read_raw(address, size)


def physical(address, size):
    """By physical address, whatever the kernel has mapped."""
    was = Physical.on
    Physical.switch(True)
    try:
        return read_raw(address, size)
    finally:
        Physical.switch(was)


def word(address):
    return struct.unpack("<I", read(address, 4))[0]


def words(address, count):
    return memoryview(read(address, 4 * count)).cast("I")


def string(address, most=128):
    """A C string, up to its end or `most` bytes, not read past the frame it ends in."""
    found = b""
    while address and len(found) < most:
        piece = read(address, min(16, PAGE_BYTES - address % PAGE_BYTES))
        found += piece
        if b"\0" in piece:
            break
        address += len(piece)
    return found.split(b"\0")[0][:most].decode("ascii", "replace")


# ---- what the debug information says

def enum_names(type_name, prefix, strip=True):
    """{value: name} of an enumeration, the prefix taken off."""
    fields = gdb.lookup_type("enum " + type_name).fields()
    return {f.enumval: f.name[len(prefix):].lower() if strip else f.name
            for f in fields if f.name.startswith(prefix)}


def enum_names_all(member, prefix):
    """The same of a nameless enumeration, found by one of its members."""
    fields = gdb.parse_and_eval(member).type.fields()
    return {f.enumval: f.name for f in fields if f.name.startswith(prefix)}


def constant(name):
    """An enumerator; what headers have as macros, kernel/debugger.c keeps under the same name with KEEP_."""
    if name not in constant.known:
        try:
            constant.known[name] = int(gdb.parse_and_eval(name))
        except gdb.error:
            constant.known[name] = int(gdb.parse_and_eval("KEEP_" + name))
    return constant.known[name]


constant.known = {}


def resolved(gdb_type):
    return gdb_type.strip_typedefs()


def is_number_struct(gdb_type):
    """pfn_t and its like: a typedef of a nameless struct of one number."""
    inner = resolved(gdb_type)
    return inner.code == gdb.TYPE_CODE_STRUCT and inner.name is None and inner.sizeof in SCALARS and \
        len(inner.fields()) == 1


class Layout:
    """Fields of a struct, those of nameless members included: name -> (offset, type)."""
    known = {}

    def __init__(self, gdb_type):
        self.size = gdb_type.sizeof
        self.fields = {}
        self._add(gdb_type, 0)

    def _add(self, gdb_type, base):
        for f in resolved(gdb_type).fields():
            if not hasattr(f, "bitpos"):
                continue
            offset = base + f.bitpos // 8
            if f.name is None or f.is_base_class:
                self._add(f.type, offset)
            else:
                self.fields[f.name] = (offset, f.type)

    @classmethod
    def of(cls, gdb_type):
        name = resolved(gdb_type).name
        if name is None:
            return cls(gdb_type)
        if name not in cls.known:
            cls.known[name] = cls(gdb_type)
        return cls.known[name]

    def offset(self, field):
        return self.fields[field][0]


def struct_type(name):
    return gdb.lookup_type("struct " + name)


def layout(name):
    return Layout.of(struct_type(name))


def decode(gdb_type, address, data):
    """What `data`, the bytes of one value of this type at this address, means."""
    inner = resolved(gdb_type)
    if inner.code == gdb.TYPE_CODE_ARRAY:
        return Array(inner, address, data)
    if inner.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION) and not is_number_struct(gdb_type):
        return Object(inner, address, data)
    form = SCALARS[inner.sizeof]
    signed = inner.code == gdb.TYPE_CODE_INT and inner.is_signed
    return struct.unpack("<" + (form.lower() if signed else form), data)[0]


class Object:
    """A struct in kernel memory, its bytes read once, when first asked for."""

    def __init__(self, gdb_type, address, data=None):
        self.gdb_type = gdb_type
        self.address = address
        self.layout = Layout.of(gdb_type)
        self._data = data

    @property
    def bytes(self):
        if self._data is None:
            self._data = read(self.address, self.layout.size)
        return self._data

    def __getattr__(self, name):
        try:
            offset, field_type = self.layout.fields[name]
        except KeyError:
            raise AttributeError("%s has no field %s" % (self.gdb_type, name)) from None
        size = resolved(field_type).sizeof
        return decode(field_type, self.address + offset, self.bytes[offset:offset + size])

    def __eq__(self, other):
        return isinstance(other, Object) and self.address == other.address

    def __hash__(self):
        return self.address

    def again(self):
        """The same place, read anew."""
        return Object(self.gdb_type, self.address)

    def place(self, name):
        """The address of a field."""
        return self.address + self.layout.offset(name)

    def follow(self, name):
        """What a pointer field points at, or None."""
        target = resolved(self.layout.fields[name][1]).target()
        address = getattr(self, name)
        return Object(target, address) if address else None

    def text(self, name):
        """A field of characters, or a pointer to some."""
        field = getattr(self, name)
        if isinstance(field, int):
            return string(field)
        return field.bytes.split(b"\0")[0].decode("ascii", "replace")


class Array:
    def __init__(self, gdb_type, address, data=None):
        self.element = gdb_type.target()
        self.step = resolved(self.element).sizeof
        self.count = gdb_type.sizeof // self.step
        self.address = address
        self._data = data

    @property
    def bytes(self):
        if self._data is None:
            self._data = read(self.address, self.step * self.count)
        return self._data

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if not 0 <= index < self.count:
            raise IndexError
        at = index * self.step
        return decode(self.element, self.address + at, self.bytes[at:at + self.step])


def at(type_name, address):
    """The struct of this name at this address."""
    return Object(struct_type(type_name), address)


def symbol(name, file=None):
    """(address, type) of a variable; `file` for one that is static and has namesakes."""
    pointer = gdb.parse_and_eval("&'%s'::%s" % (file, name) if file else "&" + name)
    return int(pointer) & WORD, pointer.type.target()


def variable(name, file=None):
    """A variable's value now."""
    address, gdb_type = symbol(name, file)
    if resolved(gdb_type).code == gdb.TYPE_CODE_ARRAY:
        return Array(resolved(gdb_type), address)
    if resolved(gdb_type).code == gdb.TYPE_CODE_STRUCT and not is_number_struct(gdb_type):
        return Object(resolved(gdb_type), address)
    return decode(gdb_type, address, read(address, resolved(gdb_type).sizeof))
