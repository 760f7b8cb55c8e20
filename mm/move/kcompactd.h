/*
 * Background compaction: when it works, how much at once, when it stays away.
 *
 * Two reasons. Demand: a request of some order found no block of it, so the next one shall (the
 * allocator's `wake`, mm/phys/relief.h). Foresight: of a zone's free pages more than the high mark,
 * in a hundred, lie in blocks smaller than a pageblock; then it is worked on down to the low mark.
 * The marks follow compaction_tunables.proactiveness as in Linux: low = 100 - proactiveness, at
 * least 5; high = low + 10, at most 100. At 20, the default, nothing is done below 90.
 *
 * The work is done in rounds, each with a budget (docs/decisions): a round is async, or light where
 * async has found nothing; it ends for a direct compaction that waits, and others run between two.
 * What is looked at, and when, follows from the calls and the times given alone.
 *
 * The thread is the kernel's: kernel/background.c.
 */
#ifndef MM_MOVE_KCOMPACTD_H
#define MM_MOVE_KCOMPACTD_H

#include "mm/move/compaction.h"

#define KCOMPACTD_ROUND_PAGES 256u	   /* moved in one round */
#define KCOMPACTD_ROUND_INSNS 1000000u	   /* spent in one round, within a batch */
#define KCOMPACTD_ROUNDS      256u	   /* for one demand or one look, at most */
#define KCOMPACTD_LOOK_NS     500000000ull /* between two looks while memory is in use */
#define KCOMPACTD_MAX_SHIFT                                                                        \
	6u /* after a vain look, or while nothing happens: up to 64 times that */

/* Becomes a helper of the allocator. Once at start, after compaction_init. */
void kcompactd_init(void);

/*
 * One round of what is due at this time, in ns since boot.
 * Context: may sleep. Returns: ns until it should be called again if nobody wakes it; 0: at once,
 * after others have run.
 */
uint64_t kcompactd_step(uint64_t now_ns);

/* Blocks the calling thread, the only one that does, until there is demand or somebody wakes it. */
void kcompactd_wait(void);

/* While paused it begins no round. For tests that look at pages nobody else shall move. */
void kcompactd_pause(bool paused);

/* The marks of now, and the one score that decides: the worst of all zones with memory to work in.
 */
uint32_t kcompactd_low_mark(void);
uint32_t kcompactd_high_mark(void);
uint32_t kcompactd_score(void);

#endif
