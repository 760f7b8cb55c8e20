/*
 * Trees of files that are made when they are looked at: /proc, /dev, /sys.
 *
 * A node is a row of a constant table. A directory may also have entries that come and go, named by
 * numbers: its `each` says which there are, and what stands below one is the table `numbered`,
 * whose functions get that number.
 */
#ifndef FS_PSEUDO_H
#define FS_PSEUDO_H

#include "base/text.h"
#include "fs/file.h"

struct pseudo {
	const char *name;
	uint32_t mode; /* MODE_DIR, MODE_FILE or MODE_CHAR, and rights */
	/* A file's whole text, made when it is opened. `id`: the numbered directory it is in. 0 or
	 * -errno. */
	int (*show)(struct text *out, uint32_t id);
	/* Something was written to it, 0-terminated, without a last newline. 0 or -errno. */
	int (*store)(const char *text, uint32_t id);
	/* Or operations of its own, for devices and files of binary records; file.state is the id.
	 */
	const struct file_ops *ops;
	uint32_t device;				     /* major << 8 | minor */
	int (*link)(char *text, uint32_t room, uint32_t id); /* MODE_LINK: length or -errno */
	/* A directory: its rows, ended by a row without name. */
	const struct pseudo *rows;
	uint32_t (*each)(uint32_t after); /* the next number above `after`, 0: no more */
	const struct pseudo *numbered;	  /* rows of each numbered directory */
};

/* The tree appears at `path` ("/proc"). Once at boot. */
void pseudo_mount(const char *path, const struct pseudo *root);

#endif
