/*
 * Nodes and what can be asked of them. Once added a node is changed by a later entry of its own
 * archive only, during boot; after that all of it is constant and needs no lock.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include "base/assert.h"
#include "fs/initrd_tree.h"
#include "fs/name.h"
#include "mm/phys/objcache.h"

#define DIRECTORY_MODE (MODE_DIR | 0755u)
#define NO_ARCHIVE     0u

struct node {
	struct inode inode;
	struct node *parent;		  /* the root's is itself */
	struct node *first, *last, *next; /* children; sibling */
	const char *name;		  /* within the archive */
	uint32_t name_bytes;
	const uint8_t *bytes;
	uint32_t archive_ino; /* as the archive numbers it: hard links have the same */
	unsigned archive;     /* NO_ARCHIVE: made on the way to another */
};

static const struct file_system initrd_fs = {
	.name = "rootfs",
	.magic = 0x858458f6, /* RAMFS_MAGIC: uapi/linux/magic.h */
	.device = 1,
	.read_only = true,
};

static struct objcache node_cache = OBJCACHE_INIT(node_cache, "initrd", struct node);

static const struct inode_ops node_ops;

static struct node root = {
	.inode = { .ops = &node_ops,
		   .fs = &initrd_fs,
		   .refs = 1,
		   .ino = 1,
		   .mode = DIRECTORY_MODE,
		   .links = 2 },
	.parent = &root,
	.name = "",
};

static uint32_t nodes = 1; /* inos given */

static struct node *node_of(struct inode *i)
{
	return (struct node *)i;
}

void initrd_tree_begin(void)
{
	struct inode *already = name_root();

	if (already)
		inode_put(already);
	else
		name_set_root(&root.inode);
}

static struct node *child_named(const struct node *dir, const char *name, uint32_t bytes)
{
	for (struct node *n = dir->first; n; n = n->next)
		if (n->name_bytes == bytes && memcmp(n->name, name, bytes) == 0)
			return n;
	return NULL;
}

static struct node *new_child(struct node *dir, const char *name, uint32_t bytes)
{
	struct node *n = objcache_alloc(&node_cache, GFP_KERNEL);

	if (!n)
		return NULL;
	n->inode = (struct inode){ .ops = &node_ops, .fs = &initrd_fs, .refs = 1 };
	n->inode.ino = ++nodes;
	n->inode.mode = DIRECTORY_MODE;
	n->inode.links = 2;
	n->parent = dir;
	n->name = name;
	n->name_bytes = bytes;
	if (dir->last)
		dir->last->next = n;
	else
		dir->first = n;
	dir->last = n;
	return n;
}

/* The name from *path to the next slash; *path moves behind it and behind "." and slashes. */
static uint32_t next_name(const char **path, const char **name)
{
	uint32_t bytes;

	do {
		*path += strspn(*path, "/");
		*name = *path;
		bytes = (uint32_t)strcspn(*path, "/");
		*path += bytes;
	} while (bytes == 1 && (*name)[0] == '.');
	return bytes;
}

/* The node of a path, made with its directories if it is not there. */
static int node_at(const char *path, struct node **found)
{
	struct node *n = &root;
	const char *name;
	uint32_t bytes;

	while ((bytes = next_name(&path, &name)) != 0) {
		struct node *dir = n;

		if (!inode_is_dir(&dir->inode))
			return -ENOTDIR;
		if (bytes > NAME_BYTES || (bytes == 2 && memcmp(name, "..", 2) == 0))
			return -EINVAL;
		n = child_named(dir, name, bytes);
		if (!n)
			n = new_child(dir, name, bytes);
		if (!n)
			return -ENOMEM;
	}
	*found = n;
	return 0;
}

static bool is_hard_link(const struct node *a, const struct node *b)
{
	return a->archive == b->archive && a->archive_ino == b->archive_ino && a->inode.links > 1 &&
	       mode_is(a->inode.mode, MODE_FILE);
}

/* Of several names of one file only the last entry has the contents. Source: cpio(5). */
static void share_contents(struct node *below, const struct node *with)
{
	for (struct node *n = below->first; n; n = n->next) {
		share_contents(n, with);
		if (n == with || !is_hard_link(n, with))
			continue;
		n->bytes = with->bytes;
		n->inode.bytes = with->inode.bytes;
		n->inode.ino = with->inode.ino;
	}
}

static void fill(struct node *n, const struct initrd_entry *e)
{
	bool is_dir = mode_is(e->mode, MODE_DIR);

	n->inode.mode = e->mode;
	n->inode.links = is_dir ? 2 : e->links ? e->links : 1;
	n->inode.time = e->time;
	n->inode.bytes = is_dir ? 0 : e->size;
	n->bytes = e->bytes;
	n->archive_ino = e->ino;
	n->archive = e->archive;
	if (e->size && e->links > 1)
		share_contents(&root, n);
}

/* Contents other than a directory's do not take the place of one that has children. */
int initrd_tree_add(const struct initrd_entry *e)
{
	struct node *n;
	int error;

	if (!mode_is(e->mode, MODE_DIR) && !mode_is(e->mode, MODE_FILE) &&
	    !mode_is(e->mode, MODE_LINK))
		return 0; /* devices are in /dev */
	error = node_at(e->name, &n);
	if (error)
		return error;
	if (n->archive != NO_ARCHIVE && n->archive != e->archive)
		return 0;
	if ((n->first || n == &root) && !mode_is(e->mode, MODE_DIR))
		return -EISDIR;
	fill(n, e);
	return 0;
}

bool initrd_tree_file(const struct inode *i, struct initrd_file *file)
{
	const struct node *n = (const struct node *)i;

	if (i->ops != &node_ops || !mode_is(i->mode, MODE_FILE))
		return false;
	*file = (struct initrd_file){ n->name, n->bytes, (uint32_t)i->bytes, i->mode };
	return true;
}

static int held(struct node *n, struct inode **found)
{
	if (!n)
		return -ENOENT;
	inode_get(&n->inode);
	*found = &n->inode;
	return 0;
}

static int look_up(struct inode *i, const char *name, struct inode **found)
{
	struct node *dir = node_of(i);

	if (strcmp(name, "..") == 0)
		return held(dir->parent, found);
	return held(child_named(dir, name, (uint32_t)strlen(name)), found);
}

static int next_entry(struct inode *i, uint32_t *cookie, struct dir_entry *e)
{
	struct node *n = node_of(i)->first;

	for (uint32_t skip = *cookie; n && skip; skip--)
		n = n->next;
	if (!n)
		return -ENOENT;
	memcpy(e->name, n->name, n->name_bytes);
	e->name[n->name_bytes] = 0;
	e->ino = n->inode.ino;
	e->mode = n->inode.mode;
	*cookie += 1;
	return 0;
}

static int read_link(struct inode *i, char *text, uint32_t room)
{
	const struct node *n = node_of(i);
	uint32_t bytes = i->bytes < room ? (uint32_t)i->bytes : room;

	memcpy(text, n->bytes, bytes);
	return (int)bytes;
}

static int read_file(struct file *f, struct io *io, uint64_t *position)
{
	const struct node *n = node_of(f->inode);
	uint32_t had = io->done, left;
	int error;

	if (*position >= f->inode->bytes)
		return 0;
	left = (uint32_t)(f->inode->bytes - *position);
	error = io_give(io, n->bytes + *position, left);
	*position += io->done - had;
	return error;
}

static const struct file_ops file_ops = { .read = read_file };

static int open_file(struct inode *i, struct file *f)
{
	(void)i;
	f->ops = &file_ops;
	return 0;
}

/* Cannot: the tree holds every node for ever. */
static void release(struct inode *i)
{
	assert_eq(i->refs, 1);
}

static const struct inode_ops node_ops = {
	.lookup = look_up,
	.entry = next_entry,
	.open = open_file,
	.readlink = read_link,
	.release = release,
};
