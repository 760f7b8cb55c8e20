/*
 * /sys: the little of it that programs about memory look at.
 */
#include "kernel/proc/proc.h"
#include "mm/views/views.h"

#define DIR	  (MODE_DIR | 0755)
#define READ_ONLY (MODE_FILE | 0444)

static int show_extfrag_index(struct text *out, uint32_t id)
{
	(void)id;
	view_extfrag_index(out);
	return 0;
}

static int show_unusable_index(struct text *out, uint32_t id)
{
	(void)id;
	view_unusable_index(out);
	return 0;
}

/* Linux: drivers/base/cpu.c; a list of ranges. */
static int show_cpus(struct text *out, uint32_t id)
{
	(void)id;
	text_printf(out, "0\n");
	return 0;
}

static const struct pseudo extfrag_rows[] = {
	{ "extfrag_index", READ_ONLY, .show = show_extfrag_index },
	{ "unusable_index", READ_ONLY, .show = show_unusable_index },
	{ 0 },
};

static const struct pseudo debug_rows[] = {
	{ "extfrag", DIR, .rows = extfrag_rows },
	{ 0 },
};

static const struct pseudo kernel_rows[] = {
	{ "debug", DIR, .rows = debug_rows },
	{ 0 },
};

static const struct pseudo cpu_rows[] = {
	{ "online", READ_ONLY, .show = show_cpus },
	{ "possible", READ_ONLY, .show = show_cpus },
	{ "present", READ_ONLY, .show = show_cpus },
	{ 0 },
};

static const struct pseudo system_rows[] = {
	{ "cpu", DIR, .rows = cpu_rows },
	{ 0 },
};

static const struct pseudo devices_rows[] = {
	{ "system", DIR, .rows = system_rows },
	{ 0 },
};

const struct pseudo sys_rows[] = {
	{ "devices", DIR, .rows = devices_rows },
	{ "kernel", DIR, .rows = kernel_rows },
	{ 0 },
};
