/*
 * What newlib asks of a system. Nothing here may allocate: the heap is empty, and a path of the
 * library that wants one fails visibly.
 */
#include <errno.h>
#include <stddef.h>

void *_sbrk(ptrdiff_t bytes);

void *_sbrk(ptrdiff_t bytes)
{
	(void)bytes;
	errno = ENOMEM;
	return (void *)-1;
}
