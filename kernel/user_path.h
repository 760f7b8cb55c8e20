/*
 * Names that a program gives: a path in its memory, and where a relative one begins.
 */
#ifndef KERNEL_USER_PATH_H
#define KERNEL_USER_PATH_H

#include "fs/file.h"

#define AT_HERE (-100) /* AT_FDCWD: uapi/linux/fcntl.h */

struct user_path {
	char *text;	     /* a page */
	struct inode *start; /* held, or NULL: the root */
};

/*
 * Copies the path at `address`; `fd`: AT_HERE or an open directory's number, which counts only for
 * a relative path. With `may_be_empty` an empty path is `start` itself. Returns 0 and then wants
 * user_path_drop; -EFAULT, -ENAMETOOLONG, -ENOENT (empty), -EBADF, -ENOTDIR, -ENOMEM.
 */
int user_path_take(struct user_path *p, int32_t fd, uint32_t address, bool may_be_empty);
void user_path_drop(struct user_path *p);

/* The inode it leads to, with a hold. `fd` and the others as above. */
int user_path_find(int32_t fd, uint32_t address, bool follow_last_link, bool may_be_empty,
		   struct inode **out);

#endif
