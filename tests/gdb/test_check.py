"""`check` from outside: silent on a machine that is whole, at any stage of a migration; loud where
something was broken by hand. And `print` says what one wants to know of a value."""
from session import play

# What is broken, and what must be said of it.
BREAKS = {
    "set variable $from->mapcount = $from->mapcount + 2": "entries map it, mapcount",
    "set variable $from->refs = 0x100": "",  # more holds than names: a pin may be that, so it is no finding
    "set variable $to->flags = $to->flags | PG_LRU": "frames that say they are on a list",
    "set variable zones[1].free_pages = zones[1].free_pages - 3": "zone Normal: free pages",
    "set variable zones[1].stat[NR_INACTIVE_ANON] = 4": "inactive anon list",
    "set variable zones[1].stat[NR_ISOLATED_ANON] = 9": "isolated frames",
    "set variable zones[1].area[10].blocks = 99": "free blocks of order 10 on lists",
    "set variable pageblock_map[20].free_pages = 77": "free frames: ",
    "set variable pageblock_map[21].unmovable_pages = 3": "frames that can not move",
}
MIGRATION_ENTRY = "set variable *(unsigned *)%s = 0x83d00008"  # of a page that does not move


def findings(text):
    return [line for line in text.splitlines() if line and "looked at" not in line]


def test_whole_at_every_stage():
    said = play(["check"] + ["migration step", "check"] * 9)
    assert "released" in "".join(said)
    for text in said[1:2] + said[3::2]:
        assert text.strip().startswith("ok; looked at"), text


def test_each_break_is_found():
    commands = ["migration step"]
    for broken in BREAKS:
        name = broken.split(" = ")[0].replace("set variable ", "")
        commands += ["set variable $kept = " + name, broken, "check", "set variable %s = $kept" % name]
    said = play(commands + ["check"])
    for (broken, words), text in zip(BREAKS.items(), said[4::4]):
        if words:
            assert any(words in line for line in findings(text)) and "invariants broken" in text, (broken, text)
        else:
            assert not findings(text), (broken, text)
    assert said[-1].strip().startswith("ok;"), said[-1]


def test_a_stray_migration_entry_is_found():
    walk = play(["migration step", "walk 0x10000 frag"])[2]
    place = walk[walk.index("L2["):].split(" at ")[1].split(":")[0]
    said = play(["migration step", MIGRATION_ENTRY % place, "check"])
    assert "is a migration entry of a page that does not move" in said[3], said[3]


PRINTED = {
    "print *$from": " anon refs 2 mapcount 1", "print zones[1]": "zone Normal 0x80000-0x8ffff: ",
    "print *$from->anon": "family 0x", "print page_map_start": "pfn 0x80000",
    "print (pte_t){0x83c00fbe}": "present pfn 0x83c00 user executable young dirty soft-dirty",
    "print (vaddr_t){0x10000}": "0x00010000", "print (paddr_t){0x80000000}": "physical 0x80000000",
    "print *pageblock_map": "frames free", "print/r page_map_start": "{n = 524288}",
    "print *(struct mm *)((char *)spaces.all.next - (unsigned)&((struct mm *)0)->all)": "anonymous pages",
    "print *$move": " -> 0x8ff00, next: lock",
    "print *(struct task *)$TPIDRPRW_S": "a kernel thread",
}


def test_values_in_words():
    said = play(["migration step"] + list(PRINTED))[2:]
    for (command, words), text in zip(PRINTED.items(), said):
        assert words in text, (command, text)
