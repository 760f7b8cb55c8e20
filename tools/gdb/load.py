"""Loads the debugger's commands: `gdb-multiarch build/tessera.elf -x tools/gdb/load.py`."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tessera  # noqa: E402,F401: registers commands and printers
