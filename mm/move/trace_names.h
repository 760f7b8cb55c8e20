/* What traces call the values of this room. Once at start. */
#ifndef MM_MOVE_TRACE_NAMES_H
#define MM_MOVE_TRACE_NAMES_H

void move_name_trace_values(void);

#endif
