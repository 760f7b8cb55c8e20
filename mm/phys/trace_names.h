/* What traces call the values of this room, in Linux's words. Once at start. */
#ifndef MM_PHYS_TRACE_NAMES_H
#define MM_PHYS_TRACE_NAMES_H

void phys_name_trace_values(void);

#endif
