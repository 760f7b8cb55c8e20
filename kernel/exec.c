/*
 * Builds an address space from a program file, and a task around it or under the running one.
 *
 * The builder borrows the new address space and copies into it as the program itself would write,
 * so faults, accounting and caches go their usual way; rights are made final afterwards, which
 * synchronises code. exec_replace builds all of it beside the old one, so whatever fails leaves the
 * caller as it was; what follows can not fail.
 *
 * The stack: an area that grows down from STACK_TOP by at most STACK_LIMIT. On it, from the stack
 * pointer up: argc, argv[], NULL, environment, NULL, auxiliary vector, 16 bytes of chance and the
 * platform's name, the strings (arguments, environment, path), a word of zero.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "arch/features.h"
#include "arch/fpu.h"
#include "arch/tls.h"
#include "arch/uaccess.h"
#include "base/log.h"
#include "fs/file.h"
#include "kernel/chance.h"
#include "kernel/elf.h"
#include "kernel/exec.h"
#include "kernel/fdtable.h"
#include "kernel/futex.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "mm/virt/mm.h"

#define STACK_TOP     (USER_END - PAGE_SIZE)
#define STACK_LIMIT   (8u << 20)
#define STACK_FIRST   (4 * PAGE_SIZE)
#define PROGRAM_LIMIT (STACK_TOP - STACK_LIMIT - PAGE_SIZE) /* a page between program and stack */
#define STACK_ALIGN   16u				    /* AAPCS 5.2.1.2 asks for 8 */

/* Source: ARM DDI 0406C B1.3.1, B1.3.3: user mode, Thumb state. */
#define CPSR_USER  0x10u
#define CPSR_THUMB 0x20u

/* Linux: uapi/linux/auxvec.h. */
enum {
	AUX_END = 0,
	AUX_HEADERS = 3,
	AUX_HEADER_BYTES = 4,
	AUX_HEADER_COUNT = 5,
	AUX_PAGE_BYTES = 6,
	AUX_BASE = 7,
	AUX_FLAGS = 8,
	AUX_ENTRY = 9,
	AUX_UID = 11,
	AUX_EUID = 12,
	AUX_GID = 13,
	AUX_EGID = 14,
	AUX_PLATFORM = 15,
	AUX_HWCAP = 16,
	AUX_CLOCK_TICKS = 17,
	AUX_SECURE = 23,
	AUX_RANDOM = 25,
	AUX_HWCAP2 = 26,
	AUX_PATH = 31,
};

#define CLOCK_TICKS 100u /* a second, as times(2) counts them */

struct image {
	struct file *file; /* held */
	struct elf_program program;
};

/* What lies between the vectors and the strings. */
struct extra {
	uint8_t chance[16];
	char platform[8];
};

static const char *const first_environment[] = { "HOME=/", "TERM=linux", "PATH=/bin", NULL };

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Reads and checks. Returns NULL, or what is wrong, in words. */
static const char *read_image(struct image *image)
{
	uint8_t head[ELF_HEAD_BYTES];
	struct io io = io_kernel(head, sizeof(head));
	int32_t bytes = file_read_at(image->file, &io, 0);

	if (bytes < 0)
		return "can not be read";
	return elf_check(head, (uint32_t)bytes, (uint32_t)image->file->inode->bytes, PROGRAM_LIMIT,
			 &image->program);
}

static bool may_run(const struct inode *i)
{
	return (i->mode & MODE_TYPE) == MODE_FILE && i->mode & 0111;
}

/* *wrong: why a file that is there is no program. With 0 the image has a hold on the file. */
static int open_image(const char *path, struct image *image, const char **wrong)
{
	int error = file_open(path, 0, 0, &image->file);

	*wrong = NULL;
	if (error)
		return error;
	if (may_run(image->file->inode))
		*wrong = read_image(image);
	else
		error = -EACCES;
	if (*wrong)
		error = -ENOEXEC;
	if (error)
		file_put(image->file);
	return error;
}

static int load_segment(struct mm *mm, const struct image *image, const struct elf_segment *s)
{
	uint32_t start = s->address & PAGE_MASK;
	uint32_t bytes = page_align_up(s->address + s->mem_bytes) - start;
	struct io io = io_user(s->address, s->file_bytes);
	uint32_t address;
	int error = mm_map(mm, start, bytes, VMA_READ | VMA_WRITE, true, &address);

	if (error)
		return error;
	if (s->file_bytes && file_read_at(image->file, &io, s->offset) != (int32_t)s->file_bytes)
		return -ENOMEM;
	return mm_protect(mm, start, bytes, s->rights);
}

static int load_program(struct mm *mm, const struct image *image)
{
	const struct elf_program *p = &image->program;
	int error = 0;

	for (unsigned i = 0; i < p->segments && !error; i++)
		error = load_segment(mm, image, &p->segment[i]);
	mm->brk_start = mm->brk = p->end;
	return error;
}

static int push_extra(uint32_t at)
{
	struct extra extra = { 0 };

	chance_fill(extra.chance, sizeof(extra.chance));
	strncpy(extra.platform, features_platform(), sizeof(extra.platform) - 1);
	return copy_to_user(vaddr(at), &extra, sizeof(extra)) ? -ENOMEM : 0;
}

struct aux {
	uint32_t type, value;
};

#define AUX_COUNT 19u

static int push_vector(const struct elf_program *p, uint32_t at, uint32_t extra, uint32_t path)
{
	const struct aux vector[AUX_COUNT] = {
		{ AUX_HWCAP, features_for_user() },
		{ AUX_PAGE_BYTES, PAGE_SIZE },
		{ AUX_CLOCK_TICKS, CLOCK_TICKS },
		{ AUX_HEADERS, p->headers },
		{ AUX_HEADER_BYTES, ELF_HEADER_ENTRY },
		{ AUX_HEADER_COUNT, p->header_count },
		{ AUX_BASE, 0 },
		{ AUX_FLAGS, 0 },
		{ AUX_ENTRY, p->entry },
		{ AUX_UID, 0 },
		{ AUX_EUID, 0 },
		{ AUX_GID, 0 },
		{ AUX_EGID, 0 },
		{ AUX_SECURE, 0 },
		{ AUX_RANDOM, extra + offsetof(struct extra, chance) },
		{ AUX_HWCAP2, 0 },
		{ AUX_PATH, path },
		{ AUX_PLATFORM, extra + offsetof(struct extra, platform) },
		{ AUX_END, 0 },
	};

	return copy_to_user(vaddr(at), vector, sizeof(vector)) ? -ENOMEM : 0;
}

/* From the strings down to the stack pointer. */
static int push_all(const struct elf_program *p, const struct exec_args *a, uint32_t *sp)
{
	uint32_t strings = STACK_TOP - sizeof(uint32_t) - a->bytes;
	uint32_t extra = (strings - sizeof(struct extra)) & ~(STACK_ALIGN - 1u);
	uint32_t pointers = (1 + a->argc + 1 + a->envc + 1) * sizeof(uint32_t);
	uint32_t vector = AUX_COUNT * sizeof(struct aux);

	*sp = (extra - vector - pointers) & ~(STACK_ALIGN - 1u);
	if (exec_args_copy_strings(a, strings) || push_extra(extra) ||
	    copy_to_user(vaddr(*sp), &a->argc, sizeof(a->argc)) ||
	    exec_args_copy_pointers(a, strings, *sp + sizeof(a->argc)))
		return -ENOMEM;
	return push_vector(p, *sp + pointers, extra, exec_args_path(a, strings));
}

static int make_stack(struct mm *mm, const struct elf_program *p, const struct exec_args *a,
		      uint32_t *sp)
{
	uint32_t rights = VMA_READ | VMA_WRITE | (p->stack_exec ? VMA_EXEC : 0u);
	uint32_t address;
	int error = mm_map(mm, STACK_TOP - STACK_FIRST, STACK_FIRST, rights | VMA_GROWSDOWN, true,
			   &address);

	mm->stack_limit = STACK_TOP - STACK_LIMIT;
	return error ? error : push_all(p, a, sp);
}

/* Fills `mm`, which is empty, and says with what registers the program starts. */
static int build(struct mm *mm, const struct image *image, const struct exec_args *args,
		 struct trap_frame *regs)
{
	const struct elf_program *p = &image->program;
	struct mm *mine = sched_borrow_mm(mm);
	int error = load_program(mm, image);

	*regs = (struct trap_frame){
		.pc = p->entry & ~1u,
		.cpsr = CPSR_USER | (p->entry & 1u ? CPSR_THUMB : 0),
	};
	if (!error)
		error = make_stack(mm, p, args, &regs->sp);
	sched_borrow_mm(mine);
	return error;
}

static int add_strings(struct exec_args *args, const char *path, int argc, const char *const argv[])
{
	int error = 0;

	for (; argc > 0 && !error; argc--, argv++, args->argc++)
		error = exec_args_add(args, *argv);
	if (!error)
		error = exec_args_add_all(args, first_environment, &args->envc);
	return error ? error : exec_args_add(args, path);
}

/* What a process that has no parent begins with: an empty address space and the console. */
static int give_beginnings(struct task *t, const char *path)
{
	struct process *p = t->process;

	t->thread.mm = p->mm = mm_create(base_name(path));
	p->files = fd_table_create();
	return p->mm && p->files ? fd_table_open_console(p->files) : -ENOMEM;
}

static int make_task(const char *path, uint32_t id, struct task **made)
{
	struct task *t = task_create(base_name(path));
	int error;

	if (!t)
		return -EAGAIN;
	if (id)
		t->thread.id = id;
	t->user = true;
	error = process_create(t, NULL);
	if (!error)
		error = give_beginnings(t, path);
	if (error)
		task_discard(t);
	*made = t;
	return error;
}

static void set_path(struct process *p, const char *path)
{
	snprintf(p->path, sizeof(p->path), "%s%s", path[0] == '/' ? "" : "/", path);
}

static int spawn_task(const struct image *image, const char *path, const struct exec_args *args,
		      uint32_t id, struct task **out)
{
	struct trap_frame regs;
	struct task *t;
	int error = make_task(path, id, &t);

	if (error)
		return error;
	set_path(t->process, path);
	error = build(t->process->mm, image, args, &regs);
	if (error) {
		task_discard(t);
		return error;
	}
	task_prepare_user(t, &regs);
	task_get(t);
	process_start(t);
	*out = t;
	return 0;
}

/* The file at `path`, or of that name in bin/: then `room` has the path that was found. */
static int find_image(const char **path, char room[PROCESS_PATH], struct image *image)
{
	const char *wrong;
	int error = open_image(*path, image, &wrong);

	if (error == -ENOENT && !strchr(*path, '/')) {
		snprintf(room, PROCESS_PATH, "/bin/%s", *path);
		*path = room;
		error = open_image(room, image, &wrong);
	}
	if (wrong)
		log_error("%s is no program: %s", *path, wrong);
	return error;
}

static int spawn(const char *path, int argc, const char *const argv[], uint32_t id,
		 struct task **out)
{
	struct exec_args args = { 0 };
	struct image image;
	char room[PROCESS_PATH];
	int error = find_image(&path, room, &image);

	if (error)
		return error;
	error = add_strings(&args, path, argc, argv);
	if (!error)
		error = spawn_task(&image, path, &args, id, out);
	exec_args_free(&args);
	file_put(image.file);
	return error;
}

int task_spawn(const char *path, int argc, const char *const argv[], struct task **out)
{
	struct task *t;
	int error = spawn(path, argc, argv, 0, &t);

	if (error)
		return error;
	if (out)
		*out = t;
	else
		task_put(t);
	return 0;
}

int task_spawn_init(const char *path, int argc, const char *const argv[], struct task **out)
{
	int error = spawn(path, argc, argv, TASK_INIT, out);

	if (!error)
		process_set_first((*out)->process);
	return error;
}

/* The running task, the only one of its process, is the program's from here on. Cannot fail. */
static void become(const char *path, struct mm *mm, const struct trap_frame *regs)
{
	struct task *t = task_current();

	futex_task_leaves(t);
	process_set_mm(t->process, mm);
	t->fpu = (struct fpu_state){ 0 };
	fpu_reload(&t->fpu);
	t->tls = 0;
	cpu_set_user_tls(0);
	signals_exec(t->process, t);
	fd_table_close_on_exec(t->process->files);
	set_path(t->process, path);
	task_set_name(t, base_name(path));
	*task_user_regs() = *regs;
}

static int replace_by(const struct image *image, const char *path, const struct exec_args *args)
{
	struct mm *mm = mm_create(base_name(path));
	struct trap_frame regs;
	int error;

	if (!mm)
		return -ENOMEM;
	error = build(mm, image, args, &regs);
	if (!error)
		error = process_make_sole();
	if (error)
		mm_put(mm);
	else
		become(path, mm, &regs);
	return error;
}

int exec_replace(const char *path, struct exec_args *args)
{
	struct image image;
	const char *wrong;
	int error = open_image(path, &image, &wrong);

	if (error)
		return error;
	error = exec_args_add(args, path);
	if (!error)
		error = replace_by(&image, path, args);
	file_put(image.file);
	return error;
}
