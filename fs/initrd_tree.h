/*
 * The tree that the entries of archives make. initrd.c reads the archives, this keeps what is in
 * them: nodes are made at boot and stay.
 */
#ifndef FS_INITRD_TREE_H
#define FS_INITRD_TREE_H

#include "fs/file.h"
#include "fs/initrd.h"

/* One entry of an archive; what it points at stays where it is. */
struct initrd_entry {
	const char *name; /* its path, 0-terminated */
	const uint8_t *bytes;
	uint32_t size, mode, ino, links, time;
	unsigned archive;
};

/* The empty tree becomes the root of all names. Later calls do nothing. */
void initrd_tree_begin(void);

/*
 * Directories on the way are made if they are not there. Returns 0, also when an earlier archive's
 * file stays; -ENOTDIR, -EISDIR, -EINVAL for a name that can not be, -ENOMEM.
 */
int initrd_tree_add(const struct initrd_entry *e);

/* Where the contents of a regular file of this file system are; false: it is none. */
bool initrd_tree_file(const struct inode *i, struct initrd_file *file);

#endif
