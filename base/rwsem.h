/*
 * A lock that sleeps: many readers or one writer. First come, first served as far as writers go: a
 * waiting writer keeps new readers out.
 * Context: may sleep; no spinlock held.
 */
#ifndef BASE_RWSEM_H
#define BASE_RWSEM_H

#include <stdbool.h>
#include "base/thread.h"

struct rwsem {
	uint32_t readers;	 /* inside now */
	uint32_t writers_waiting;
	struct thread *writer;	 /* inside now, or NULL */
};

void rwsem_init(struct rwsem *s);
void rwsem_read_lock(struct rwsem *s);
void rwsem_read_unlock(struct rwsem *s);
void rwsem_write_lock(struct rwsem *s);
void rwsem_write_unlock(struct rwsem *s);
bool rwsem_try_read_lock(struct rwsem *s);

#endif
