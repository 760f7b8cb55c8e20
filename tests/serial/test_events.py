"""docs/events.md has every event of base/trace.h with its fields, in the table's order, and no other."""
import re

from machine import ROOT

ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \|", re.MULTILINE)
EVENT = re.compile(r'E\(\w+, "(\w+)",((?:\s*"[^"]*")+)\)')


def events_of_source():
    text = (ROOT / "base/trace.h").read_text().replace("\\\n", "\n")
    return [(name, re.findall(r"(\w+)=", "".join(re.findall(r'"([^"]*)"', form)))) for name, form in EVENT.findall(text)]


def test_the_page_has_what_the_table_has():
    found = [(name, fields.split()) for name, fields in ROW.findall((ROOT / "docs/events.md").read_text())]
    assert len(found) > 20
    assert found == events_of_source()


def test_the_costs_are_those_that_are_measured():
    page, test = (ROOT / "docs/events.md").read_text(), (ROOT / "tests/target/test_trace.c").read_text()
    figure = {name: int(n) for name, n in re.findall(r"#define (\w+) (\d+)u", test)}
    row = re.search(r"an event that is off \| (\d+):.* (\d+) in a function", page)
    assert [int(n) for n in row.groups()] == [figure["DISABLED_INSNS"], figure["DISABLED_LEAF_INSNS"]]
    assert "allows %d" % figure["MOST_ENABLED_INSNS"] in page
