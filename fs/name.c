/*
 * The walk. It holds the inode it stands at and nothing else; a link's text and what is left of the
 * path behind it go to a page of the walk's own.
 *
 * A mount is a name in the root directory: going down it is found before the root's own entry of
 * that name, going up its root leads to the root.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include "base/assert.h"
#include "fs/name.h"
#include "mm/phys/alloc.h"

#define LINKS_MAX	   40u
#define MOUNTS_MAX	   8u
#define FIRST_MOUNT_COOKIE 0xffff0000u /* cookies below are the file system's */

static struct {
	struct inode *root;
	struct {
		const char *name;
		struct inode *root;
	} mount[MOUNTS_MAX];
	unsigned mounts;
} names;

struct walk {
	struct inode *at; /* held */
	const char *rest; /* of the path */
	char *page;	  /* that `rest` is in once a link was followed, or NULL */
	bool follow_last;
	unsigned links;		   /* followed so far */
	char name[NAME_BYTES + 1]; /* the component looked for */
};

void name_set_root(struct inode *root)
{
	assert_that(names.root == NULL);
	names.root = root;
}

void name_mount(const char *name, struct inode *root)
{
	assert_that(names.mounts < MOUNTS_MAX);
	names.mount[names.mounts].name = name;
	names.mount[names.mounts++].root = root;
}

struct inode *name_root(void)
{
	if (names.root)
		inode_get(names.root);
	return names.root;
}

bool name_mounted(unsigned n, const char **name, const struct file_system **fs)
{
	if (n >= names.mounts)
		return false;
	*name = names.mount[n].name;
	*fs = names.mount[n].root->fs;
	return true;
}

/* Inodes of one file may come and go, so it is not the address that tells. */
static bool is_same(const struct inode *a, const struct inode *b)
{
	return a->fs == b->fs && a->ino == b->ino;
}

/* What is mounted at `name` of the root, or NULL. */
static struct inode *mounted_at(const char *name)
{
	for (unsigned n = 0; n < names.mounts; n++)
		if (strcmp(names.mount[n].name, name) == 0)
			return names.mount[n].root;
	return NULL;
}

/* The name under which a directory is mounted, or NULL. */
static const char *mount_name(const struct inode *dir)
{
	for (unsigned n = 0; n < names.mounts; n++)
		if (is_same(names.mount[n].root, dir))
			return names.mount[n].name;
	return NULL;
}

static int held(struct inode *i, struct inode **found)
{
	inode_get(i);
	*found = i;
	return 0;
}

static int look_up_parent(struct inode *dir, struct inode **found)
{
	if (is_same(dir, names.root) || mount_name(dir))
		return held(names.root, found);
	return dir->ops->lookup(dir, "..", found);
}

static int look_up(struct inode *dir, const char *name, struct inode **found)
{
	struct inode *mounted = is_same(dir, names.root) ? mounted_at(name) : NULL;

	if (mounted)
		return held(mounted, found);
	if (strcmp(name, "..") == 0)
		return look_up_parent(dir, found);
	return dir->ops->lookup(dir, name, found);
}

static void stand_at(struct walk *w, struct inode *i)
{
	inode_put(w->at);
	w->at = i;
}

/* From now on the rest of the path is `page`, which the walk owns. */
static void go_on_in(struct walk *w, char *page)
{
	if (w->page)
		free_kernel_pages(w->page, 0);
	w->page = page;
	w->rest = page;
	if (page[0] != '/')
		return;
	inode_get(names.root);
	stand_at(w, names.root);
}

/* The link's text with the rest behind it, which is empty or begins with "/". Length or -errno. */
static int put_together(struct walk *w, struct inode *link, char *page)
{
	int length = link->ops->readlink(link, page, PATH_BYTES);

	if (length <= 0)
		return length < 0 ? length : -ENOENT;
	if ((uint32_t)length + strlen(w->rest) >= PATH_BYTES)
		return -LINUX_ENAMETOOLONG;
	strcpy(page + length, w->rest);
	return 0;
}

static int follow_text(struct walk *w, struct inode *link)
{
	char *page = alloc_kernel_pages(GFP_KERNEL, 0);
	int error;

	if (!page)
		return -ENOMEM;
	error = put_together(w, link, page);
	if (error)
		free_kernel_pages(page, 0);
	else
		go_on_in(w, page);
	return error;
}

static int follow(struct walk *w, struct inode *link)
{
	struct inode *target;
	int error;

	if (++w->links > LINKS_MAX)
		return -LINUX_ELOOP;
	if (!link->ops->jump)
		return follow_text(w, link);
	error = link->ops->jump(link, &target);
	if (!error)
		stand_at(w, target);
	return error;
}

static int take_name(struct walk *w)
{
	size_t length = strcspn(w->rest, "/");

	if (length > NAME_BYTES)
		return -LINUX_ENAMETOOLONG;
	memcpy(w->name, w->rest, length);
	w->name[length] = 0;
	w->rest += length;
	return 0;
}

/* One component. A link that something stands behind is followed, were it only a slash. */
static int walk_one(struct walk *w)
{
	struct inode *found;
	int error = inode_is_dir(w->at) ? take_name(w) : -ENOTDIR;

	if (error || strcmp(w->name, ".") == 0)
		return error;
	error = look_up(w->at, w->name, &found);
	if (error)
		return error;
	if (!mode_is(found->mode, MODE_LINK) || !(*w->rest || w->follow_last)) {
		stand_at(w, found);
		return 0;
	}
	error = follow(w, found);
	inode_put(found);
	return error;
}

static int walk(struct walk *w)
{
	for (;;) {
		size_t slashes = strspn(w->rest, "/");
		int error;

		w->rest += slashes;
		if (!*w->rest)
			return slashes && !inode_is_dir(w->at) ? -ENOTDIR : 0;
		error = walk_one(w);
		if (error)
			return error;
	}
}

static int begin(struct walk *w, struct inode *start, const char *path, bool follow_last)
{
	if (!*path || !names.root)
		return -ENOENT;
	if (strlen(path) >= PATH_BYTES)
		return -LINUX_ENAMETOOLONG;
	*w = (struct walk){ .rest = path, .follow_last = follow_last };
	w->at = start && path[0] != '/' ? start : names.root;
	inode_get(w->at);
	return 0;
}

/* Stopped at a component that is not there and has nothing but slashes behind it. */
static bool only_last_missing(const struct walk *w, int error)
{
	return error == -ENOENT && inode_is_dir(w->at) && w->rest[strspn(w->rest, "/")] == 0;
}

int name_find(struct inode *start, const char *path, bool follow_last_link, struct inode **out,
	      struct inode **dir)
{
	struct walk w;
	int error = begin(&w, start, path, follow_last_link);

	*dir = NULL;
	if (error)
		return error;
	error = walk(&w);
	if (!error)
		*out = w.at;
	else if (only_last_missing(&w, error))
		*dir = w.at;
	else
		inode_put(w.at);
	if (w.page)
		free_kernel_pages(w.page, 0);
	return error;
}

int inode_find_at(struct inode *start, const char *path, bool follow_last_link, struct inode **out)
{
	struct inode *dir;
	int error = name_find(start, path, follow_last_link, out, &dir);

	if (dir)
		inode_put(dir);
	return error;
}

int inode_find(const char *path, bool follow_last_link, struct inode **out)
{
	return inode_find_at(NULL, path, follow_last_link, out);
}

static int mount_entry(uint32_t *cookie, struct dir_entry *e)
{
	unsigned n = *cookie - FIRST_MOUNT_COOKIE;

	if (n >= names.mounts)
		return -ENOENT;
	*cookie += 1;
	strncpy(e->name, names.mount[n].name, NAME_BYTES);
	e->name[NAME_BYTES] = 0;
	e->ino = names.mount[n].root->ino;
	e->mode = names.mount[n].root->mode;
	return 0;
}

/* In the root, entries that a mount covers are left out: they come with the mounts. */
int name_entry(struct inode *dir, uint32_t *cookie, struct dir_entry *e)
{
	int error = *cookie < FIRST_MOUNT_COOKIE ? dir->ops->entry(dir, cookie, e) : -ENOENT;

	if (!is_same(dir, names.root))
		return error;
	while (!error && *cookie < FIRST_MOUNT_COOKIE && mounted_at(e->name))
		error = dir->ops->entry(dir, cookie, e);
	if (!error)
		return 0;
	if (*cookie < FIRST_MOUNT_COOKIE)
		*cookie = FIRST_MOUNT_COOKIE;
	return mount_entry(cookie, e);
}

/* The name of `child` in `dir`. */
static int find_name(struct inode *dir, const struct inode *child, struct dir_entry *e)
{
	uint32_t cookie = 0;

	for (;;) {
		int error = dir->ops->entry(dir, &cookie, e);

		if (error || e->ino == child->ino)
			return error;
	}
}

/* Puts "/name" in front of what stands at text + *at. */
static int prepend(char *text, uint32_t *at, const char *name)
{
	uint32_t length = (uint32_t)strlen(name);

	if (*at < length + 1)
		return -ERANGE;
	*at -= length + 1;
	text[*at] = '/';
	memcpy(text + *at + 1, name, length);
	return 0;
}

/* One step towards the root: *dir becomes its parent, whose name for it is prepended. */
static int step_up(struct inode **dir, char *text, uint32_t *at)
{
	const char *mounted = mount_name(*dir);
	struct dir_entry e;
	struct inode *parent;
	int error = look_up_parent(*dir, &parent);

	if (error)
		return error;
	if (!mounted)
		error = find_name(parent, *dir, &e);
	if (!error)
		error = prepend(text, at, mounted ? mounted : e.name);
	inode_put(*dir);
	*dir = parent;
	return error;
}

int name_of(struct inode *dir, char *text, uint32_t room)
{
	uint32_t at = room - 1;
	int error = 0;

	if (room < 2)
		return -ERANGE;
	text[at] = 0;
	inode_get(dir);
	while (!error && !is_same(dir, names.root))
		error = step_up(&dir, text, &at);
	inode_put(dir);
	if (!error && at == room - 1)
		text[--at] = '/';
	if (error)
		return error;
	memmove(text, text + at, room - at);
	return (int)(room - at - 1);
}
