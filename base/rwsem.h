/*
 * A lock that sleeps: many readers or one writer. First come, first served as far as writers go: a
 * waiting writer keeps new readers out. The state is one word, changed atomically (A); an
 * uncontended lock or unlock is one compare-and-swap. Context: may sleep; no spinlock held.
 */
#ifndef BASE_RWSEM_H
#define BASE_RWSEM_H

#include <stdbool.h>
#include "base/thread.h"

#define RWSEM_WRITER (1u << 31)

struct rwsem {
	uint32_t readers;	  /* (A) inside now, or RWSEM_WRITER */
	uint32_t writers_waiting; /* (A) keeps new readers out while not 0 */
	struct thread *writer;	  /* inside now, or NULL; for assertions and the debugger */
};

void rwsem_init(struct rwsem *s);
void rwsem_read_lock(struct rwsem *s);
void rwsem_read_unlock(struct rwsem *s);
void rwsem_write_lock(struct rwsem *s);
void rwsem_write_unlock(struct rwsem *s);
bool rwsem_try_read_lock(struct rwsem *s); /* any context */

/* True if anybody, reader or writer, is inside. */
static inline bool rwsem_is_held(const struct rwsem *s)
{
	return *(const volatile uint32_t *)&s->readers != 0;
}

#endif
