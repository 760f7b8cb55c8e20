/*
 * Pipes: bytes from whoever writes one end to whoever reads the other, in order, at most PIPE_BYTES
 * on their way.
 *
 * A write of at most PIPE_WHOLE bytes is never torn by another's. What waits is kept in pages of
 * the kernel's, taken as bytes come and given back as they go. Linux: pipe(7).
 */
#ifndef FS_PIPE_H
#define FS_PIPE_H

#include "fs/file.h"

#define PIPE_PAGES 16u
#define PIPE_BYTES (PIPE_PAGES * PAGE_SIZE)
#define PIPE_WHOLE 4096u /* PIPE_BUF */

/*
 * A new pipe: end[0] reads, end[1] writes, each a hold. `flags`: OPEN_NONBLOCK or 0. Reading and
 * writing give -EINTR when a signal came before anything moved; writing gives -EPIPE when nobody
 * can read any more. Returns 0 or -ENOMEM.
 */
int pipe_create(struct file *end[2], uint32_t flags);

#endif
