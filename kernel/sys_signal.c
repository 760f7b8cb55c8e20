/*
 * Calls about signals: arguments are checked and translated here, the work is signal.c's and
 * sigframe.c's. The old forms of some know signals 1 to 32 only.
 */
#include <errno.h>
#include "arch/uaccess.h"
#include "kernel/itimer.h"
#include "kernel/process.h"
#include "kernel/sigframe.h"
#include "kernel/syscall.h"
#include "kernel/time.h"

#define UNTIL_EVER UINT64_MAX
#define SET_BYTES  8u
#define NS_PER_US  1000u
#define US_PER_S   1000000u

/* Linux: uapi/asm-generic/signal-defs.h. */
enum { MASK_BLOCK, MASK_UNBLOCK, MASK_SET };

/* Linux: the kernel's own struct sigaction of ARM, and the one of the old call. */
struct user_action {
	uint32_t handler, flags, restorer, mask[2];
};

struct user_old_action {
	uint32_t handler, mask, flags, restorer;
};

static bool is_number(uint32_t n)
{
	return n >= 1 && n <= SIGNAL_COUNT;
}

static bool may_be_handled(uint32_t n)
{
	return n != SIGNAL_KILL && n != SIGNAL_STOP;
}

static int read_set(uint64_t *set, uint32_t from)
{
	return copy_from_user(set, vaddr(from), sizeof(*set)) ? -EFAULT : 0;
}

static int write_set(uint32_t to, uint64_t set)
{
	return copy_to_user(vaddr(to), &set, sizeof(set)) ? -EFAULT : 0;
}

/* Actions. */

static int read_action(struct signal_action *a, uint32_t from)
{
	struct user_action u;

	if (copy_from_user(&u, vaddr(from), sizeof(u)))
		return -EFAULT;
	*a = (struct signal_action){ u.handler, u.flags, u.restorer,
				     (uint64_t)u.mask[1] << 32 | u.mask[0] };
	return 0;
}

static int write_action(uint32_t to, const struct signal_action *a)
{
	struct user_action u = {
		a->handler, a->flags, a->restorer, { (uint32_t)a->mask, (uint32_t)(a->mask >> 32) }
	};

	return copy_to_user(vaddr(to), &u, sizeof(u)) ? -EFAULT : 0;
}

static int read_old_action(struct signal_action *a, uint32_t from)
{
	struct user_old_action u;

	if (copy_from_user(&u, vaddr(from), sizeof(u)))
		return -EFAULT;
	*a = (struct signal_action){ u.handler, u.flags, u.restorer, u.mask };
	return 0;
}

static int write_old_action(uint32_t to, const struct signal_action *a)
{
	struct user_old_action u = { a->handler, (uint32_t)a->mask, a->flags, a->restorer };

	return copy_to_user(vaddr(to), &u, sizeof(u)) ? -EFAULT : 0;
}

struct action_form {
	int (*read)(struct signal_action *a, uint32_t from);
	int (*write)(uint32_t to, const struct signal_action *a);
};

/* arg: number, new action or NULL, place for the one before or NULL. */
static int32_t swap_action(const uint32_t *arg, const struct action_form *form)
{
	struct signal_action set = { 0 }, before;

	if (!is_number(arg[0]) || (arg[1] && !may_be_handled(arg[0])))
		return -EINVAL;
	if (arg[1] && form->read(&set, arg[1]))
		return -EFAULT;
	before = signal_action_swap(process_current(), (int)arg[0], arg[1] ? &set : NULL);
	return arg[2] ? form->write(arg[2], &before) : 0;
}

int32_t sys_rt_sigaction(const uint32_t *arg)
{
	static const struct action_form form = { read_action, write_action };

	return arg[3] == SET_BYTES ? swap_action(arg, &form) : -EINVAL;
}

int32_t sys_sigaction(const uint32_t *arg)
{
	static const struct action_form form = { read_old_action, write_old_action };

	return swap_action(arg, &form);
}

/* Masks. */

static bool mask_after(uint32_t how, uint64_t set, uint64_t *mask)
{
	if (how == MASK_BLOCK)
		*mask |= set;
	else if (how == MASK_UNBLOCK)
		*mask &= ~set;
	else
		*mask = set;
	return how <= MASK_SET;
}

int32_t sys_rt_sigprocmask(const uint32_t *arg)
{
	uint64_t before = task_current()->signal.blocked, mask = before, set;

	if (arg[3] != SET_BYTES)
		return -EINVAL;
	if (arg[1]) {
		if (read_set(&set, arg[1]))
			return -EFAULT;
		if (!mask_after(arg[0], set, &mask))
			return -EINVAL;
		signal_set_blocked(mask);
	}
	return arg[2] ? write_set(arg[2], before) : 0;
}

/* Signals above 32 stay as they are. */
int32_t sys_sigprocmask(const uint32_t *arg)
{
	uint64_t mask = task_current()->signal.blocked;
	uint32_t before = (uint32_t)mask, set;
	uint64_t low = before;

	if (arg[1]) {
		if (copy_from_user(&set, vaddr(arg[1]), sizeof(set)))
			return -EFAULT;
		if (!mask_after(arg[0], set, &low))
			return -EINVAL;
		signal_set_blocked((mask & ~(uint64_t)UINT32_MAX) | (uint32_t)low);
	}
	return arg[2] && copy_to_user(vaddr(arg[2]), &before, sizeof(before)) ? -EFAULT : 0;
}

int32_t sys_rt_sigpending(const uint32_t *arg)
{
	uint64_t set = signal_pending_blocked();

	if (arg[1] > SET_BYTES)
		return -EINVAL;
	return copy_to_user(vaddr(arg[0]), &set, arg[1]) ? -EFAULT : 0;
}

int32_t sys_sigpending(const uint32_t *arg)
{
	uint32_t set = (uint32_t)signal_pending_blocked();

	return copy_to_user(vaddr(arg[0]), &set, sizeof(set)) ? -EFAULT : 0;
}

/* Waiting. */

static int32_t suspend(uint64_t mask)
{
	signal_mask_lend(mask);
	signal_wait();
	return -CALL_AGAIN_UNHANDLED;
}

int32_t sys_rt_sigsuspend(const uint32_t *arg)
{
	uint64_t mask;

	if (arg[1] != SET_BYTES)
		return -EINVAL;
	return read_set(&mask, arg[0]) ? -EFAULT : suspend(mask);
}

/* The first two arguments are history. */
int32_t sys_sigsuspend(const uint32_t *arg)
{
	return suspend(arg[2]);
}

int32_t sys_pause(const uint32_t *arg)
{
	(void)arg;
	signal_wait();
	return -CALL_AGAIN_UNHANDLED;
}

/* What is longer than the clock counts is for ever. */
static int time_from_now(int64_t seconds, int64_t ns, uint64_t *until)
{
	if (seconds < 0 || ns < 0 || ns >= NS_PER_S)
		return -EINVAL;
	*until = seconds >= INT32_MAX ? UNTIL_EVER
				      : time_ns() + (uint64_t)seconds * NS_PER_S + (uint64_t)ns;
	return 0;
}

static int read_time(uint32_t from, uint64_t *until)
{
	int32_t wish[2];

	if (!from)
		return 0;
	if (copy_from_user(wish, vaddr(from), sizeof(wish)))
		return -EFAULT;
	return time_from_now(wish[0], wish[1], until);
}

static int read_time64(uint32_t from, uint64_t *until)
{
	int64_t wish[2];

	if (!from)
		return 0;
	if (copy_from_user(wish, vaddr(from), sizeof(wish)))
		return -EFAULT;
	return time_from_now(wish[0], wish[1], until);
}

static int write_info(uint32_t to, const struct signal_info *info)
{
	struct user_siginfo u;

	siginfo_fill(&u, info);
	return copy_to_user(vaddr(to), &u, sizeof(u)) ? -EFAULT : 0;
}

/* arg: set, place for the siginfo or NULL, time, bytes of a set. */
static int32_t wait_for(const uint32_t *arg, int (*read)(uint32_t from, uint64_t *until))
{
	uint64_t set, until = UNTIL_EVER;
	struct signal_info info;
	int32_t number, error;

	if (arg[3] != SET_BYTES)
		return -EINVAL;
	if (read_set(&set, arg[0]))
		return -EFAULT;
	error = read(arg[2], &until);
	if (error)
		return error;
	number = signal_wait_for(set, until, &info);
	return number > 0 && arg[1] && write_info(arg[1], &info) ? -EFAULT : number;
}

int32_t sys_rt_sigtimedwait(const uint32_t *arg)
{
	return wait_for(arg, read_time);
}

int32_t sys_rt_sigtimedwait_time64(const uint32_t *arg)
{
	return wait_for(arg, read_time64);
}

/* Sending. Number 0 sends nothing and only asks who is there. */

static void send_to(struct process *p, const struct signal_info *info)
{
	if (info->number)
		signal_send(p, info);
}

static int32_t send_to_process(uint32_t pid, const struct signal_info *info)
{
	struct process *p = process_find(pid);

	if (!p)
		return -ESRCH;
	send_to(p, info);
	process_put(p);
	return 0;
}

/* Everybody: all but the first process and the sender's own; the rest by their group. */
static bool is_meant(const struct process *p, int32_t target)
{
	if (target == -1)
		return p->pid != 1 && p != process_current();
	return p->group == (target ? (uint32_t)-target : process_current()->group);
}

static int32_t send_to_many(int32_t target, const struct signal_info *info)
{
	struct process *p = NULL;
	int32_t result = -ESRCH;

	while ((p = process_next(p)) != NULL) {
		if (!is_meant(p, target))
			continue;
		send_to(p, info);
		result = 0;
	}
	return result;
}

static struct signal_info info_of_sender(uint32_t number, int32_t code)
{
	return (struct signal_info){ .number = (int32_t)number,
				     .code = code,
				     .pid = process_current()->pid };
}

int32_t sys_kill(const uint32_t *arg)
{
	struct signal_info info = info_of_sender(arg[1], SIGNAL_FROM_USER);
	int32_t target = (int32_t)arg[0];

	if (arg[1] > SIGNAL_COUNT)
		return -EINVAL;
	if (target == INT32_MIN)
		return -ESRCH;
	return target > 0 ? send_to_process(arg[0], &info) : send_to_many(target, &info);
}

/* `pid` 0: whatever process it is of. */
static int32_t send_to_task(uint32_t pid, uint32_t id, const struct signal_info *info)
{
	struct task *t = task_find(id);
	bool found;

	if (!t)
		return -ESRCH;
	found = t->process && (!pid || t->process->pid == pid);
	if (found && info->number)
		signal_send_task(t, info);
	task_put(t);
	return found ? 0 : -ESRCH;
}

int32_t sys_tkill(const uint32_t *arg)
{
	struct signal_info info = info_of_sender(arg[1], SIGNAL_FROM_TKILL);

	if ((int32_t)arg[0] <= 0 || arg[1] > SIGNAL_COUNT)
		return -EINVAL;
	return send_to_task(0, arg[0], &info);
}

int32_t sys_tgkill(const uint32_t *arg)
{
	struct signal_info info = info_of_sender(arg[2], SIGNAL_FROM_TKILL);

	if ((int32_t)arg[0] <= 0 || (int32_t)arg[1] <= 0 || arg[2] > SIGNAL_COUNT)
		return -EINVAL;
	return send_to_task(arg[0], arg[1], &info);
}

/* A program says what the siginfo holds, but not that the kernel or kill sent it to another. */
static int read_info(struct signal_info *info, uint32_t number, uint32_t pid, uint32_t from)
{
	struct user_siginfo u;

	if (number > SIGNAL_COUNT)
		return -EINVAL;
	if (copy_from_user(&u, vaddr(from), sizeof(u)))
		return -EFAULT;
	if ((u.code >= 0 || u.code == SIGNAL_FROM_TKILL) && pid != process_current()->pid)
		return -EPERM;
	*info = (struct signal_info){ .number = (int32_t)number,
				      .code = u.code,
				      .pid = u.fields[0],
				      .status = u.fields[2],
				      .address = u.fields[0] };
	return 0;
}

int32_t sys_rt_sigqueueinfo(const uint32_t *arg)
{
	struct signal_info info;
	int32_t error = read_info(&info, arg[1], arg[0], arg[2]);

	return error ? error : send_to_process(arg[0], &info);
}

int32_t sys_rt_tgsigqueueinfo(const uint32_t *arg)
{
	struct signal_info info;
	int32_t error;

	if ((int32_t)arg[0] <= 0 || (int32_t)arg[1] <= 0)
		return -EINVAL;
	error = read_info(&info, arg[2], arg[0], arg[3]);
	return error ? error : send_to_task(arg[0], arg[1], &info);
}

/* Stacks and frames. */

int32_t sys_sigaltstack(const uint32_t *arg)
{
	struct task_signals *s = &task_current()->signal;
	uint32_t sp = task_user_regs()->sp;
	struct user_stack before = sigstack_of(s, sp), stack;
	int32_t error = 0;

	if (arg[0] && copy_from_user(&stack, vaddr(arg[0]), sizeof(stack)))
		return -EFAULT;
	if (arg[0])
		error = sigstack_set(s, sp, &stack);
	if (!error && arg[1] && copy_to_user(vaddr(arg[1]), &before, sizeof(before)))
		error = -EFAULT;
	return error;
}

/* The answer is the r0 that the frame brought back. */
static int32_t return_from_handler(bool info)
{
	struct signal_info fault = { .number = SIGNAL_SEGV, .code = SIGNAL_FROM_KERNEL };
	struct trap_frame *regs = task_user_regs();

	if (sigframe_pop(regs, info) == 0 || signal_force(&fault))
		return (int32_t)regs->r[0];
	signal_end_process(SIGNAL_SEGV);
}

int32_t sys_sigreturn(const uint32_t *arg)
{
	(void)arg;
	return return_from_handler(false);
}

int32_t sys_rt_sigreturn(const uint32_t *arg)
{
	(void)arg;
	return return_from_handler(true);
}

/* Interval timers: of real time only. */

struct user_itimer {
	int32_t every_seconds, every_us, left_seconds, left_us;
};

static bool is_time(int32_t seconds, int32_t us)
{
	return seconds >= 0 && us >= 0 && us < (int32_t)US_PER_S;
}

static uint64_t ns_of(int32_t seconds, int32_t us)
{
	return (uint64_t)seconds * NS_PER_S + (uint64_t)us * NS_PER_US;
}

/* Rounded up: what is not over is not 0. */
static int write_times(uint32_t to, struct itimer_times t)
{
	uint64_t left = (t.left + NS_PER_US - 1) / NS_PER_US, every = t.every / NS_PER_US;
	struct user_itimer u = { (int32_t)(every / US_PER_S), (int32_t)(every % US_PER_S),
				 (int32_t)(left / US_PER_S), (int32_t)(left % US_PER_S) };

	return copy_to_user(vaddr(to), &u, sizeof(u)) ? -EFAULT : 0;
}

int32_t sys_getitimer(const uint32_t *arg)
{
	return arg[0] ? -EINVAL : write_times(arg[1], itimer_get(process_current()));
}

int32_t sys_setitimer(const uint32_t *arg)
{
	struct user_itimer u = { 0 };
	struct itimer_times before;

	if (arg[0])
		return -EINVAL;
	if (arg[1] && copy_from_user(&u, vaddr(arg[1]), sizeof(u)))
		return -EFAULT;
	if (!is_time(u.every_seconds, u.every_us) || !is_time(u.left_seconds, u.left_us))
		return -EINVAL;
	before = itimer_set(process_current(),
			    (struct itimer_times){ ns_of(u.left_seconds, u.left_us),
						   ns_of(u.every_seconds, u.every_us) });
	return arg[2] ? write_times(arg[2], before) : 0;
}
