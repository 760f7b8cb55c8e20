/*
 * All invariants at a moment when every other cpu idles.
 */
#include "kernel/check.h"
#include "kernel/sched.h"
#include "mm/check.h"

uint32_t check_alone(bool quiet)
{
	uint32_t broken;

	sched_hold_others();
	broken = check_all(quiet);
	sched_release_others();
	return broken;
}
