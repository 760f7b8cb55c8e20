/*
 * Inodes of rows, and texts in chains of pages.
 *
 * An inode lives while somebody looks at it and holds its parent, so ".." needs no table. What an
 * inode is follows from its row and the number it was reached by; its ino says both, so two inodes
 * of one file have the same.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "base/assert.h"
#include "fs/name.h"
#include "fs/pseudo.h"
#include "mm/phys/objcache.h"

#define TREES_MAX     4u
#define NUMBER_COOKIE 0x1000u /* numbers begin at this cookie, rows are below */
#define STORE_BYTES   PAGE_SIZE

struct node {
	struct inode inode;
	const struct pseudo *row;
	const struct pseudo *rows; /* of a directory: the row's, or those of a numbered one */
	const struct pseudo *tree; /* the root's row */
	uint32_t id;
	struct node *parent; /* held; NULL: the root */
};

struct chunk {
	struct chunk *next;
	char text[PAGE_SIZE - sizeof(struct chunk *)];
};

#define CHUNK_BYTES (uint32_t)sizeof(((struct chunk *)NULL)->text)

/* One opening of a text file. */
struct opened {
	struct text text;  /* first: what show() puts to */
	struct rwsem lock; /* written around each read */
	struct chunk *first, *last;
	uint32_t bytes;
	bool made, short_of_memory;
	const struct pseudo *row;
	uint32_t id;
};

static struct objcache node_cache = OBJCACHE_INIT(node_cache, "pseudo inode", struct node);
static struct objcache opened_cache = OBJCACHE_INIT(opened_cache, "pseudo text", struct opened);

static const struct inode_ops node_ops, jump_ops;

static struct node *node_of(struct inode *i)
{
	return (struct node *)i;
}

/* ---- inodes ---- */

/*
 * A number for a row and an id: the row's place among the kernel's constants, from the root's, and
 * the id above it. A numbered directory counts as the word before its first row.
 */
static uint32_t ino_of(const struct pseudo *tree, const void *place, uint32_t id)
{
	int32_t words = (int32_t)((const char *)place - (const char *)tree) / 4;

	assert_that(words > -0x8000 && words < 0x7fff);
	return (uint32_t)(words & 0xffff) + 1 + (id << 16);
}

static uint32_t ino_of_number(const struct pseudo *tree, const struct pseudo *dir, uint32_t id)
{
	if (dir->numbered)
		return ino_of(tree, (const char *)dir->numbered - 4, id);
	return ino_of(tree, dir->numbered_is, id);
}

static struct node *new_node(const struct pseudo *tree, const struct file_system *fs,
			     const struct pseudo *row, struct node *parent)
{
	struct node *n = objcache_alloc(&node_cache, GFP_KERNEL);

	if (!n)
		return NULL;
	n->inode = (struct inode){
		.ops = row->jump ? &jump_ops : &node_ops, .fs = fs, .refs = 1, .mode = row->mode
	};
	n->inode.links = inode_is_dir(&n->inode) ? 2 : 1;
	n->inode.device = row->device;
	n->row = row;
	n->rows = row->rows;
	n->tree = tree;
	n->parent = parent;
	if (parent)
		inode_get(&parent->inode);
	return n;
}

/* The node of a row in `dir`, with a hold. */
static int make_row(struct node *dir, const struct pseudo *row, struct inode **found)
{
	struct node *n = new_node(dir->tree, dir->inode.fs, row, dir);

	if (!n)
		return -ENOMEM;
	n->id = dir->id;
	n->inode.ino = ino_of(n->tree, row, n->id);
	*found = &n->inode;
	return 0;
}

/* What `number` of `dir` is: a directory of its own, or the one row. */
static int make_number(struct node *dir, uint32_t number, struct inode **found)
{
	const struct pseudo *row = dir->row->numbered_is ? dir->row->numbered_is : dir->row;
	struct node *n = new_node(dir->tree, dir->inode.fs, row, dir);

	if (!n)
		return -ENOMEM;
	if (!dir->row->numbered_is) {
		static const struct pseudo below;

		n->row = &below;
		n->rows = dir->row->numbered;
	}
	n->id = dir->row->from_zero ? number - 1 : number;
	n->inode.ino = ino_of_number(n->tree, dir->row, number);
	*found = &n->inode;
	return 0;
}

/* A decimal number without leading zeroes. */
static bool number_of(const char *name, uint32_t *number)
{
	uint64_t n = 0;

	if (!*name || (name[0] == '0' && name[1]))
		return false;
	for (; *name; name++) {
		if (*name < '0' || *name > '9')
			return false;
		n = n * 10 + (uint32_t)(*name - '0');
		if (n >= UINT32_MAX)
			return false;
	}
	*number = (uint32_t)n;
	return true;
}

static bool has_number(struct node *dir, const char *name, uint32_t *number)
{
	if (!dir->row->each || !number_of(name, number))
		return false;
	*number += dir->row->from_zero;
	return *number != 0 && dir->row->each(*number - 1, dir->id) == *number;
}

static int look_up(struct inode *i, const char *name, struct inode **found)
{
	struct node *dir = node_of(i);
	uint32_t number;

	if (strcmp(name, "..") == 0) {
		*found = dir->parent ? &dir->parent->inode : i;
		inode_get(*found);
		return 0;
	}
	for (const struct pseudo *row = dir->rows; row && row->name; row++)
		if (strcmp(row->name, name) == 0)
			return make_row(dir, row, found);
	if (has_number(dir, name, &number))
		return make_number(dir, number, found);
	return -ENOENT;
}

static unsigned count_rows(const struct pseudo *rows)
{
	unsigned n = 0;

	while (rows && rows[n].name)
		n++;
	return n;
}

static int number_entry(struct node *dir, uint32_t *cookie, struct dir_entry *e)
{
	const struct pseudo *row = dir->row;
	uint32_t after = *cookie < NUMBER_COOKIE ? 0 : *cookie - NUMBER_COOKIE;
	uint32_t number = row->each ? row->each(after, dir->id) : 0;

	if (number == 0)
		return -ENOENT;
	snprintf(e->name, sizeof(e->name), "%u", (unsigned)number - row->from_zero);
	e->ino = ino_of_number(dir->tree, row, number);
	e->mode = row->numbered_is ? row->numbered_is->mode : MODE_DIR;
	*cookie = NUMBER_COOKIE + number;
	return 0;
}

static int next_entry(struct inode *i, uint32_t *cookie, struct dir_entry *e)
{
	struct node *dir = node_of(i);
	const struct pseudo *row;

	if (*cookie >= count_rows(dir->rows))
		return number_entry(dir, cookie, e);
	row = &dir->rows[*cookie];
	strncpy(e->name, row->name, NAME_BYTES);
	e->name[NAME_BYTES] = 0;
	e->ino = ino_of(dir->tree, row, dir->id);
	e->mode = row->mode;
	*cookie += 1;
	return 0;
}

static int read_link(struct inode *i, char *text, uint32_t room)
{
	struct node *n = node_of(i);

	return n->row->link ? n->row->link(text, room, n->id) : -EINVAL;
}

static int jump(struct inode *i, struct inode **target)
{
	struct node *n = node_of(i);

	return n->row->jump(n->id, target);
}

static void release(struct inode *i)
{
	struct node *n = node_of(i), *parent = n->parent;

	objcache_free(&node_cache, n);
	if (parent)
		inode_put(&parent->inode);
}

/* ---- texts ---- */

static bool add_chunk(struct opened *o)
{
	struct chunk *c = alloc_kernel_pages(GFP_KERNEL, 0);

	if (!c)
		return false;
	c->next = NULL;
	if (o->last)
		o->last->next = c;
	else
		o->first = c;
	o->last = c;
	return true;
}

static void drop_text(struct opened *o)
{
	while (o->first) {
		struct chunk *c = o->first;

		o->first = c->next;
		free_kernel_pages(c, 0);
	}
	o->last = NULL;
	o->bytes = 0;
	o->made = o->short_of_memory = false;
}

/* The sink of show(). Every chunk but the last is full. */
static void put_text(struct text *t, const char *bytes, size_t count)
{
	struct opened *o = (struct opened *)t;

	while (count) {
		uint32_t at = o->bytes % CHUNK_BYTES, room = CHUNK_BYTES - at;
		uint32_t n = count < room ? (uint32_t)count : room;

		if (at == 0 && !add_chunk(o)) {
			o->short_of_memory = true;
			return;
		}
		memcpy(o->last->text + at, bytes, n);
		o->bytes += n;
		bytes += n;
		count -= n;
	}
}

static int make_text(struct opened *o)
{
	int error;

	drop_text(o);
	error = o->row->show(&o->text, o->id);
	if (!error && o->short_of_memory)
		error = -ENOMEM;
	if (error)
		drop_text(o);
	o->made = !error;
	return error;
}

static int give_text(struct opened *o, struct io *io, uint64_t *position)
{
	const struct chunk *c = o->first;
	uint32_t at = 0;

	for (; c && at + CHUNK_BYTES <= *position; c = c->next)
		at += CHUNK_BYTES;
	for (; c && io->left && *position < o->bytes; c = c->next, at += CHUNK_BYTES) {
		uint32_t from = (uint32_t)*position - at, had = io->done;
		uint32_t end = o->bytes - at < CHUNK_BYTES ? o->bytes - at : CHUNK_BYTES;
		int error = io_give(io, c->text + from, end - from);

		*position += io->done - had;
		if (error)
			return error;
	}
	return 0;
}

static int read_text(struct file *f, struct io *io, uint64_t *position)
{
	struct opened *o = f->state;
	int error = 0;

	if (!o->row->show)
		return -EINVAL;
	rwsem_write_lock(&o->lock);
	if (*position == 0 || !o->made)
		error = make_text(o);
	if (!error)
		error = give_text(o, io, position);
	rwsem_write_unlock(&o->lock);
	return error;
}

/* One call is one text. */
static int store_text(struct opened *o, struct io *io, char *text)
{
	uint32_t bytes = io->left;
	int error = io_take(io, text, bytes);

	text[io->done] = 0;
	if (!error && bytes && text[bytes - 1] == '\n')
		text[bytes - 1] = 0;
	if (!error)
		error = o->row->store(text, o->id);
	if (error)
		io->done = 0;
	return error;
}

static int write_text(struct file *f, struct io *io, uint64_t *position)
{
	struct opened *o = f->state;
	char *text;
	int error;

	if (!o->row->store)
		return -EIO;
	if (io->left >= STORE_BYTES)
		return -EINVAL;
	text = alloc_kernel_pages(GFP_KERNEL, 0);
	if (!text)
		return -ENOMEM;
	error = store_text(o, io, text);
	*position += io->done;
	free_kernel_pages(text, 0);
	return error;
}

static void release_text(struct file *f)
{
	struct opened *o = f->state;

	if (!o)
		return;
	drop_text(o);
	objcache_free(&opened_cache, o);
}

static const struct file_ops text_ops = {
	.read = read_text,
	.write = write_text,
	.release = release_text,
};

static int open_text(struct node *n, struct file *f)
{
	struct opened *o = objcache_alloc(&opened_cache, GFP_KERNEL);

	if (!o)
		return -ENOMEM;
	o->text.put = put_text;
	rwsem_init(&o->lock);
	o->row = n->row;
	o->id = n->id;
	f->ops = &text_ops;
	f->state = o;
	return 0;
}

static int open_node(struct inode *i, struct file *f)
{
	struct node *n = node_of(i);

	if (!n->row->ops)
		return open_text(n, f);
	f->ops = n->row->ops;
	f->state = (void *)(uintptr_t)n->id;
	return 0;
}

static const struct inode_ops node_ops = {
	.lookup = look_up,
	.entry = next_entry,
	.open = open_node,
	.readlink = read_link,
	.release = release,
};

/* Of links that lead somewhere without a text. */
static const struct inode_ops jump_ops = {
	.open = open_node,
	.readlink = read_link,
	.jump = jump,
	.release = release,
};

/* ---- mounting ---- */

/* Linux: uapi/linux/magic.h. */
static uint32_t magic_of(const char *name)
{
	static const struct {
		const char *name;
		uint32_t magic;
	} known[] = { { "proc", 0x9fa0 }, { "sysfs", 0x62656572 }, { "devtmpfs", 0x01021994 } };

	for (unsigned n = 0; n < sizeof(known) / sizeof(known[0]); n++)
		if (strcmp(known[n].name, name) == 0)
			return known[n].magic;
	return 0;
}

void pseudo_mount(const char *path, const struct pseudo *root)
{
	static struct file_system systems[TREES_MAX];
	static unsigned count;
	struct file_system *fs = &systems[count++];
	struct node *n;

	assert_that(count <= TREES_MAX && path[0] == '/' && !strchr(path + 1, '/'));
	*fs = (struct file_system){
		.name = root->name,
		.magic = magic_of(root->name),
		.device = pseudo_device(0, 0x10 + count),
		.rights_bind = true,
	};
	n = new_node(root, fs, root, NULL);
	assert_that(n);
	n->inode.ino = ino_of(root, root, 0);
	name_mount(path + 1, &n->inode);
}
