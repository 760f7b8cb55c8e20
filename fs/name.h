/*
 * How names lead to inodes: a root, and file systems that appear at names in it.
 *
 * A path is walked component by component; links are followed where they stand, at most 40 in one
 * walk. The root and what is mounted are set at boot and constant from then on.
 */
#ifndef FS_NAME_H
#define FS_NAME_H

#include "fs/file.h"

/* The root of all names. Once, before the first walk. Takes the caller's hold. */
void name_set_root(struct inode *root);

/*
 * The tree of `root` appears at "/NAME", whether or not the root has such an entry. `name` stays
 * valid. Takes the caller's hold.
 */
void name_mount(const char *name, struct inode *root);

/* The root with a hold, or NULL before there is one. */
struct inode *name_root(void);

/* The n-th mount (0 ...): its name and file system; false past the last. */
bool name_mounted(unsigned n, const char **name, const struct file_system **fs);

/*
 * As inode_find_at; when only the last component is missing (-ENOENT), *dir is where it would be,
 * with a hold; else *dir is NULL.
 */
int name_find(struct inode *start, const char *path, bool follow_last_link, struct inode **out,
	      struct inode **dir);

/*
 * The path of a directory from the root, 0-terminated. Returns its length without the 0, or
 * -ENOENT, -ERANGE when `room` is too small.
 */
int name_of(struct inode *dir, char *text, uint32_t room);

/* The next entry of a directory as its file system has it, then what is mounted in it. */
int name_entry(struct inode *dir, uint32_t *cookie, struct dir_entry *e);

#endif
