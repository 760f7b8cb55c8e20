/*
 * Builds an address space from a program file and a task around it.
 *
 * The builder borrows the new address space and copies into it as the program itself would write,
 * so faults, accounting and caches go their usual way; rights are made final afterwards, which
 * synchronises code.
 *
 * The stack: an area that grows down from STACK_TOP by at most STACK_LIMIT. On it, from the stack
 * pointer up: argc, argv[], NULL, environment (empty), NULL, auxiliary vector, the strings.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "arch/uaccess.h"
#include "base/log.h"
#include "fs/initrd.h"
#include "kernel/elf.h"
#include "kernel/exec.h"
#include "kernel/fdtable.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "mm/virt/mm.h"

#define STACK_TOP     (USER_END - PAGE_SIZE)
#define STACK_LIMIT   (1u << 20)
#define STACK_FIRST   (4 * PAGE_SIZE)
#define PROGRAM_LIMIT (STACK_TOP - STACK_LIMIT - PAGE_SIZE) /* a page between program and stack */
#define STACK_ALIGN   8u				    /* AAPCS 5.2.1.2 */

/* Source: ARM DDI 0406C B1.3.1, B1.3.3: user mode, Thumb state. */
#define CPSR_USER  0x10u
#define CPSR_THUMB 0x20u

/* Linux: uapi/linux/auxvec.h. */
enum { AUX_END = 0, AUX_PAGE_BYTES = 6 };

#define STACK_WORDS (1 + EXEC_MAX_ARGS + 1 + 1 + 4)

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int find_program(const char *path, struct initrd_file *file)
{
	char in_bin[64];

	if (initrd_find(path, file) == 0)
		return 0;
	if (strchr(path, '/') || strlen(path) > sizeof(in_bin) - sizeof("bin/"))
		return -ENOENT;
	snprintf(in_bin, sizeof(in_bin), "bin/%s", path);
	return initrd_find(in_bin, file);
}

static int load_segment(struct mm *mm, const uint8_t *file, const struct elf_segment *s)
{
	uint32_t start = s->address & PAGE_MASK;
	uint32_t bytes = page_align_up(s->address + s->mem_bytes) - start;
	uint32_t address;
	int error = mm_map(mm, start, bytes, VMA_READ | VMA_WRITE, true, &address);

	if (error)
		return error;
	if (copy_to_user(vaddr(s->address), file + s->offset, s->file_bytes))
		return -ENOMEM;
	return mm_protect(mm, start, bytes, s->rights);
}

static int load_program(struct mm *mm, const uint8_t *file, const struct elf_program *p)
{
	int error = 0;

	for (unsigned i = 0; i < p->segments && !error; i++)
		error = load_segment(mm, file, &p->segment[i]);
	mm->brk_start = mm->brk = p->end;
	return error;
}

/*
 * Copies the strings to the top of the stack; word[] gets their addresses. Returns where they
 * begin, or 0.
 */
static uint32_t push_strings(int argc, const char *const argv[], uint32_t *word)
{
	uint32_t sp = STACK_TOP;

	for (int i = argc - 1; i >= 0; i--) {
		uint32_t bytes = (uint32_t)strlen(argv[i]) + 1;

		sp -= bytes;
		word[i] = sp;
		if (copy_to_user(vaddr(sp), argv[i], bytes))
			return 0;
	}
	return sp;
}

/* Returns the first stack pointer, or 0 when there is no memory. */
static uint32_t push_arguments(int argc, const char *const argv[])
{
	uint32_t word[STACK_WORDS] = { (uint32_t)argc };
	uint32_t words = (uint32_t)argc + 1 + 1 + 1 + 4;
	uint32_t sp = push_strings(argc, argv, word + 1);

	if (!sp)
		return 0;
	word[argc + 3] = AUX_PAGE_BYTES;
	word[argc + 4] = PAGE_SIZE;
	word[argc + 5] = AUX_END;
	sp = (sp - words * sizeof(uint32_t)) & ~(STACK_ALIGN - 1u);
	return copy_to_user(vaddr(sp), word, words * sizeof(uint32_t)) ? 0 : sp;
}

static int make_stack(struct mm *mm, int argc, const char *const argv[], uint32_t *sp)
{
	uint32_t address;
	int error = mm_map(mm, STACK_TOP - STACK_FIRST, STACK_FIRST,
			   VMA_READ | VMA_WRITE | VMA_GROWSDOWN, true, &address);

	if (error)
		return error;
	mm->stack_limit = STACK_TOP - STACK_LIMIT;
	*sp = push_arguments(argc, argv);
	return *sp ? 0 : -ENOMEM;
}

static bool arguments_fit(int argc, const char *const argv[])
{
	uint32_t bytes = 0;

	if (argc < 0 || argc > EXEC_MAX_ARGS)
		return false;
	for (int i = 0; i < argc; i++)
		bytes += (uint32_t)strlen(argv[i]) + 1;
	return bytes <= EXEC_MAX_ARG_BYTES;
}

/* Fills the process's address space, which is empty, and prepares the task. */
static int build(struct task *t, const struct initrd_file *file, const struct elf_program *p,
		 int argc, const char *const argv[])
{
	struct mm *mm = t->process->mm;
	struct mm *mine = sched_borrow_mm(mm);
	struct trap_frame regs;
	uint32_t sp = 0;
	int error = load_program(mm, file->bytes, p);

	if (!error)
		error = make_stack(mm, argc, argv, &sp);
	sched_borrow_mm(mine);
	regs = (struct trap_frame){
		.sp = sp,
		.pc = p->entry & ~1u,
		.cpsr = CPSR_USER | (p->entry & 1u ? CPSR_THUMB : 0),
	};
	task_prepare_user(t, &regs);
	return error;
}

static struct task *make_user_task(const char *name)
{
	struct task *t = task_create(name);

	if (!t)
		return NULL;
	t->user = true;
	if (process_create(t, NULL) == 0) {
		t->process->files = fd_table_create();
		t->thread.mm = t->process->mm = mm_create(name);
	}
	if (t->thread.mm && t->process->files && fd_table_open_console(t->process->files) == 0)
		return t;
	task_discard(t);
	return NULL;
}

static int spawn_checked(const struct initrd_file *file, const struct elf_program *p, int argc,
			 const char *const argv[], struct task **out)
{
	struct task *t = make_user_task(base_name(file->name));
	int error;

	if (!t)
		return -EAGAIN;
	error = build(t, file, p, argc, argv);
	if (error) {
		task_discard(t);
		return error;
	}
	if (out) {
		task_get(t);
		*out = t;
	}
	process_start(t);
	return 0;
}

int task_spawn(const char *path, int argc, const char *const argv[], struct task **out)
{
	struct initrd_file file;
	struct elf_program program;
	const char *wrong;

	if (!arguments_fit(argc, argv))
		return -E2BIG;
	if (find_program(path, &file))
		return -ENOENT;
	wrong = elf_check(file.bytes, file.size, PROGRAM_LIMIT, &program);
	if (wrong) {
		log_error("%s is no program: %s", path, wrong);
		return -ENOEXEC;
	}
	return spawn_checked(&file, &program, argc, argv, out);
}
