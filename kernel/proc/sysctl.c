/*
 * /proc/sys: what may be asked for and set. A value that is none, or out of range, is -EINVAL and
 * changes nothing.
 */
#include <errno.h>

#include "kernel/proc/proc.h"
#include "kernel/uts.h"
#include "mm/move/compaction.h"

#define DIR	   (MODE_DIR | 0555)
#define READ_ONLY  (MODE_FILE | 0444)
#define READ_WRITE (MODE_FILE | 0644)
#define WRITE_ONLY (MODE_FILE | 0200)

/* ---- /proc/sys/kernel ---- */

#define NAMED(what, name)                                                                          \
	static int show_##what(struct text *out, uint32_t id)                                      \
	{                                                                                          \
		(void)id;                                                                          \
		text_printf(out, "%s\n", name);                                                    \
		return 0;                                                                          \
	}

NAMED(ostype, UTS_SYSNAME)
NAMED(osrelease, UTS_RELEASE)
NAMED(version, UTS_VERSION)

static int show_hostname(struct text *out, uint32_t id)
{
	char name[UTS_FIELD];

	(void)id;
	uts_hostname(name);
	text_printf(out, "%s\n", name);
	return 0;
}

static int show_domainname(struct text *out, uint32_t id)
{
	char name[UTS_FIELD];

	(void)id;
	uts_domainname(name);
	text_printf(out, "%s\n", name);
	return 0;
}

static int store_hostname(const char *text, uint32_t id)
{
	(void)id;
	return uts_set_hostname(text);
}

static int store_domainname(const char *text, uint32_t id)
{
	(void)id;
	return uts_set_domainname(text);
}

static const struct pseudo kernel_rows[] = {
	{ "domainname", READ_WRITE, .show = show_domainname, .store = store_domainname },
	{ "hostname", READ_WRITE, .show = show_hostname, .store = store_hostname },
	{ "osrelease", READ_ONLY, .show = show_osrelease },
	{ "ostype", READ_ONLY, .show = show_ostype },
	{ "version", READ_ONLY, .show = show_version },
	{ 0 },
};

/* ---- /proc/sys/vm ---- */

/* The writer's time: it returns when every zone has been compacted. */
static int store_compact_memory(const char *text, uint32_t id)
{
	struct compact_counts counts = { 0 };
	int32_t one;

	(void)id;
	if (proc_number(text, 1, 1, &one))
		return -EINVAL;
	compact_memory(NULL, MIGRATE_SYNC, &counts);
	return 0;
}

/* Memory is promised freely and given at the first touch: Linux's policy 1. */
static int show_overcommit_memory(struct text *out, uint32_t id)
{
	(void)id;
	text_printf(out, "1\n");
	return 0;
}

static int show_number(struct text *out, uint32_t n)
{
	text_printf(out, "%u\n", (unsigned)n);
	return 0;
}

static int store_number(const char *text, int32_t most, uint32_t *to)
{
	int32_t n;

	if (proc_number(text, 0, most, &n))
		return -EINVAL;
	atomic_store_relaxed(to, (uint32_t)n);
	return 0;
}

/* One of compaction's, from 0 to `most`. */
#define TUNABLE(file, field, most)                                                                 \
	static int show_##file(struct text *out, uint32_t id)                                      \
	{                                                                                          \
		(void)id;                                                                          \
		return show_number(out, atomic_load_relaxed(&compaction_tunables.field));          \
	}                                                                                          \
	static int store_##file(const char *text, uint32_t id)                                     \
	{                                                                                          \
		(void)id;                                                                          \
		return store_number(text, most, &compaction_tunables.field);                       \
	}

TUNABLE(compact_unevictable_allowed, unevictable_allowed, 1)
TUNABLE(compaction_proactiveness, proactiveness, 100)
TUNABLE(extfrag_threshold, extfrag_threshold, 1000)

static int show_min_free_kbytes(struct text *out, uint32_t id)
{
	(void)id;
	return show_number(out, zone_min_free_kbytes());
}

static int store_min_free_kbytes(const char *text, uint32_t id)
{
	int32_t kb;

	(void)id;
	if (proc_number(text, 0, INT32_MAX, &kb))
		return -EINVAL;
	return zone_set_min_free_kbytes((uint32_t)kb);
}

#define NUMBER(file)                                                                               \
	{                                                                                          \
#file, READ_WRITE, .show = show_##file, .store = store_##file                      \
	}

static const struct pseudo vm_rows[] = {
	{ "compact_memory", WRITE_ONLY, .store = store_compact_memory },
	NUMBER(compact_unevictable_allowed),
	NUMBER(compaction_proactiveness),
	NUMBER(extfrag_threshold),
	NUMBER(min_free_kbytes),
	{ "overcommit_memory", READ_ONLY, .show = show_overcommit_memory },
	{ 0 },
};

const struct pseudo proc_sys_rows[] = {
	{ "kernel", DIR, .rows = kernel_rows },
	{ "vm", DIR, .rows = vm_rows },
	{ 0 },
};
