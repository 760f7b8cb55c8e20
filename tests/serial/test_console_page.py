"""docs/console.md is what `help` says: names, usage, examples, headings, none left out."""
from console_page import PAGE, split, table


def test_the_table_is_what_help_says():
    _, inside, _ = split(PAGE.read_text())
    assert inside.count("| `") > 30
    assert inside == table(), "tests/serial/update-console-page writes it anew"
