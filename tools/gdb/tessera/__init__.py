"""What a stopped machine says of its memory. One file a story; each registers its commands.

  memory      the kernel's data by its own debug information
  command     what every command does with its arguments and errors
  frames      what is known of a frame               page
  holders     who holds it
  zones       zones, watermarks, free lists          zones, free-lists
  tasks       tasks, address spaces, areas           tasks, areas
  tables      entries, and the walk to one           walk
  rmap        from a frame to its entries            rmap
  inflight    runs and journeys, found on stacks
  scanners    where compaction is                    scanners
  migration   one page, stage by stage               migration
  why         why a page stayed                      why
  trace       the last events                        trace-tail
  check       what must hold, seen from outside      check
  printers    how `print` shows the main types
"""
from . import attach, check, frames, migration, printers, rmap, scanners, tables, tasks, trace, why, zones  # noqa: F401
