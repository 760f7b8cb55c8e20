/*
 * Trees of files that are made when they are looked at: /proc, /dev, /sys.
 *
 * A node is a row of a constant table. A directory may also have entries that come and go, named by
 * numbers: its `each` says which there are, and what stands below one is the table `numbered`,
 * whose functions get that number; or each is itself the row `numbered_is`.
 *
 * A text is made anew whenever it is read from position 0, and kept until then: reads at any other
 * position, however small, see one and the same text.
 */
#ifndef FS_PSEUDO_H
#define FS_PSEUDO_H

#include "base/text.h"
#include "fs/file.h"

struct pseudo {
	const char *name;
	uint32_t mode; /* MODE_DIR, MODE_FILE, MODE_CHAR or MODE_LINK, and rights */
	/* A file's whole text. `id`: the number of the directory it is in. 0 or -errno. */
	int (*show)(struct text *out, uint32_t id);
	/* Something was written to it, 0-terminated, without a last newline. 0 or -errno. */
	int (*store)(const char *text, uint32_t id);
	/* Or operations of its own, for devices and files of binary records; file.state is the id.
	 */
	const struct file_ops *ops;
	uint32_t device; /* MODE_CHAR: pseudo_device() */
	/* MODE_LINK: its text, without a 0; length or -errno. */
	int (*link)(char *text, uint32_t room, uint32_t id);
	/* MODE_LINK: where it leads without a text, as inode_ops.jump. */
	int (*jump)(uint32_t id, struct inode **target);
	/* A directory: its rows, ended by a row without name. */
	const struct pseudo *rows;
	/* The next number above `after`, 0: no more. `id`: of the directory itself. */
	uint32_t (*each)(uint32_t after, uint32_t id);
	const struct pseudo *numbered;	  /* rows of each numbered directory */
	const struct pseudo *numbered_is; /* or what each number is itself; gets it as id */
	bool from_zero;			  /* numbers from `each` are one more than the names */
};

static inline uint32_t pseudo_device(uint32_t major, uint32_t minor)
{
	return major << 8 | minor;
}

/*
 * The tree appears at "/NAME". Once at boot, when memory is there. `root` is a directory's row; its
 * name is that of the kind of file system ("proc", "devtmpfs", "sysfs").
 */
void pseudo_mount(const char *path, const struct pseudo *root);

#endif
