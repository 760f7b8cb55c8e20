"""docs/console.md: its table of commands, from what the kernel's own `help` says."""
import re

from machine import ROOT, boot

PAGE = ROOT / "docs/console.md"
BEGIN, END = "<!-- commands -->\n", "<!-- end of commands -->\n"


def said(text, command):
    """What a command of run= printed."""
    return text.split("tessera> %s\n" % command, 1)[1].split("tessera> ", 1)[0]


def headings():
    """[(heading, [command])] as `help` lists them."""
    found = []
    for line in said(boot(append='run="help"').text, "help").splitlines():
        command = re.match(r"  (\S+)", line)
        if command:
            found[-1][1].append(command.group(1))
        elif line and not line.startswith("`"):
            found.append((line, []))
    return found


def cell(text):
    return text.replace("|", "\\|")


def row(help_text):
    """One line of the table: usage, what it does, example."""
    usage = re.search(r"^usage: (.+)$", help_text, re.M).group(1)
    does = re.search(r"^  (.+)$", help_text, re.M).group(1)
    example = re.search(r"^example: (.+)$", help_text, re.M).group(1)
    return "| `%s` | %s | `%s` |\n" % (cell(usage), cell(does), cell(example))


def table():
    found = headings()
    commands = [c for _, names in found for c in names]
    text = boot(append='run="%s"' % "; ".join("help " + c for c in commands)).text
    out = ""
    for heading, names in found:
        out += "\n### %s\n| command | does | example |\n|---|---|---|\n" % (heading[0].upper() + heading[1:])
        out += "".join(row(said(text, "help " + c)) for c in names)
    return out + "\n"


def split(page):
    """What stands before the table, the table, and what stands after it."""
    before, _, rest = page.partition(BEGIN)
    inside, _, after = rest.partition(END)
    return before + BEGIN, inside, END + after
