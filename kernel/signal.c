/*
 * Sending, choosing, delivering. What holds is in signal.h.
 *
 * A task's mark THREAD_SIGNAL is set by whoever makes something pending for it, and set or cleared
 * by the task itself, under the lock, whenever it takes a signal or blocks others. It may be set
 * with nothing to do for the moment (another task was faster), never clear with something to do.
 */
#include <errno.h>
#include <string.h>
#include "base/log.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/sigframe.h"
#include "kernel/signal.h"
#include "kernel/time.h"

#define UNBLOCKABLE (signal_bit(SIGNAL_KILL) | signal_bit(SIGNAL_STOP))

/* Linux: signal(7), "Standard signals". */
#define STOPPING                                                                                   \
	(signal_bit(SIGNAL_STOP) | signal_bit(SIGNAL_TSTP) | signal_bit(SIGNAL_TTIN) |             \
	 signal_bit(SIGNAL_TTOU))
#define IGNORED_BY_DEFAULT                                                                         \
	(signal_bit(SIGNAL_CHLD) | signal_bit(SIGNAL_CONT) | signal_bit(SIGNAL_URG) |              \
	 signal_bit(SIGNAL_WINCH) | STOPPING)

/* Those of the instruction itself come before those of others. */
#define FROM_FAULTS                                                                                \
	(signal_bit(SIGNAL_ILL) | signal_bit(SIGNAL_TRAP) | signal_bit(SIGNAL_BUS) |               \
	 signal_bit(SIGNAL_FPE) | signal_bit(SIGNAL_SEGV) | signal_bit(SIGNAL_SYS))

/* Source: ARM DDI 0406C B1.3.3. */
#define CPSR_THUMB 0x20u

static uint32_t lock_signals(struct signals *s)
{
	return spin_lock_irq(&s->lock, LOCK_SIGNAL);
}

static void unlock_signals(struct signals *s, uint32_t saved)
{
	spin_unlock_irq(&s->lock, saved);
}

static struct signals *signals_of(struct task *t)
{
	return t->process ? &t->process->signals : NULL;
}

static bool action_ignores(const struct signal_action *a, int n)
{
	return a->handler == HANDLER_IGNORE ||
	       (a->handler == HANDLER_DEFAULT && IGNORED_BY_DEFAULT & signal_bit(n));
}

static bool action_is_fatal(const struct signal_action *a, int n)
{
	return a->handler == HANDLER_DEFAULT && !(IGNORED_BY_DEFAULT & signal_bit(n));
}

static bool action_has_handler(const struct signal_action *a)
{
	return a->handler != HANDLER_DEFAULT && a->handler != HANDLER_IGNORE;
}

/* Pending sets. */

static struct signal_info *info_slot(struct pending_signals *p, int number)
{
	for (unsigned i = 0; i < PENDING_INFOS; i++)
		if (p->info[i].number == number)
			return &p->info[i];
	return NULL;
}

static void pending_add(struct pending_signals *p, const struct signal_info *info)
{
	struct signal_info *slot = info_slot(p, 0);

	if (p->set & signal_bit(info->number))
		return;
	p->set |= signal_bit(info->number);
	if (slot)
		*slot = *info;
}

static void pending_take(struct pending_signals *p, int number, struct signal_info *info)
{
	struct signal_info *slot = info_slot(p, number);

	*info = slot ? *slot : (struct signal_info){ .number = number };
	if (slot)
		slot->number = 0;
	p->set &= ~signal_bit(number);
}

static void pending_drop(struct pending_signals *p, uint64_t set)
{
	struct signal_info gone;

	for (int n = 1; n <= SIGNAL_COUNT; n++)
		if (p->set & set & signal_bit(n))
			pending_take(p, n, &gone);
}

/* Who is told. */

static bool task_takes(const struct task *t, uint64_t set)
{
	return set & ~t->signal.blocked;
}

static void tell(struct task *t, uint32_t marks)
{
	thread_mark(&t->thread, marks);
	sched_wake(&t->thread);
}

static struct task *first_taker_locked(struct signals *s, uint64_t set)
{
	struct task *t;

	list_for_each_entry(t, &s->tasks, signal.member)
		if (task_takes(t, set))
			return t;
	return NULL;
}

/* What one task will not take any more is told to another, for each signal. */
static void pass_on_locked(struct signals *s, uint64_t set)
{
	for (int n = 1; n <= SIGNAL_COUNT; n++) {
		struct task *t = set & signal_bit(n) ? first_taker_locked(s, signal_bit(n)) : NULL;

		if (t)
			tell(t, THREAD_SIGNAL);
	}
}

static void mark_anew_locked(struct signals *s, struct task *t)
{
	if (task_takes(t, t->signal.pending.set | s->pending.set))
		thread_mark(&t->thread, THREAD_SIGNAL);
	else
		thread_unmark(&t->thread, THREAD_SIGNAL);
}

static void die_locked(struct signals *s, int number)
{
	struct task *t;

	if (!s->fatal)
		s->fatal = number;
	list_for_each_entry(t, &s->tasks, signal.member)
		tell(t, THREAD_FATAL | THREAD_SIGNAL);
}

/* Somebody blocks or awaits it, so it may be wanted although it is ignored now. */
static bool is_kept_locked(struct signals *s, struct task *only, uint64_t bit)
{
	struct task *t;

	list_for_each_entry(t, &s->tasks, signal.member)
		if ((!only || t == only) && (t->signal.blocked | t->signal.waited) & bit)
			return true;
	return false;
}

static void send_locked(struct signals *s, struct task *only, const struct signal_info *info)
{
	const struct signal_action *a = &s->action[info->number - 1];
	uint64_t bit = signal_bit(info->number);
	struct task *t = only ? only : first_taker_locked(s, bit);

	if (action_ignores(a, info->number) && !is_kept_locked(s, only, bit))
		return;
	pending_add(only ? &only->signal.pending : &s->pending, info);
	if (!t || !task_takes(t, bit))
		return;
	if (action_is_fatal(a, info->number) && !(t->signal.waited & bit))
		die_locked(s, info->number);
	else
		tell(t, THREAD_SIGNAL);
}

static void say_of_stopping(struct signals *s, int number)
{
	static bool said;

	if (said || !(STOPPING & signal_bit(number)) ||
	    s->action[number - 1].handler != HANDLER_DEFAULT)
		return;
	said = true;
	log_warn("signal %d stops nobody here", number);
}

static void send(struct signals *s, struct task *only, const struct signal_info *info)
{
	uint32_t saved;

	assert_that(info->number >= 1 && info->number <= SIGNAL_COUNT);
	say_of_stopping(s, info->number);
	saved = lock_signals(s);
	send_locked(s, only, info);
	unlock_signals(s, saved);
}

void signal_send(struct process *p, const struct signal_info *info)
{
	send(&p->signals, NULL, info);
}

void signal_send_task(struct task *t, const struct signal_info *info)
{
	if (t->process)
		send(&t->process->signals, t, info);
}

bool signal_force(const struct signal_info *info)
{
	struct task *t = task_current();
	struct signals *s = signals_of(t);
	uint32_t saved;
	bool heard;

	if (!s)
		return false;
	saved = lock_signals(s);
	heard = action_has_handler(&s->action[info->number - 1]) &&
		task_takes(t, signal_bit(info->number));
	if (heard) {
		pending_drop(&t->signal.pending, signal_bit(info->number));
		pending_add(&t->signal.pending, info);
		thread_mark(&t->thread, THREAD_SIGNAL);
	}
	unlock_signals(s, saved);
	return heard;
}

void signal_end_process(int number)
{
	if (!process_current())
		task_exit(EXIT_BY_SIGNAL(number));
	process_exit_group(number);
}

void signal_die(void)
{
	struct signals *s = signals_of(task_current());

	signal_end_process(s && s->fatal ? s->fatal : SIGNAL_KILL);
}

/* Delivery. */

void signal_call_broken(struct trap_frame *regs, int32_t answer)
{
	struct task *t = task_current();

	regs->pc -= regs->cpsr & CPSR_THUMB ? 2u : 4u;
	t->signal.broken = answer == -CALL_AGAIN ? CALL_BROKEN : CALL_BROKEN_FOR_GOOD;
	thread_mark(&t->thread, THREAD_SIGNAL); /* signal_deliver looks at it in any case */
}

/* The call is not made again: it answers. */
static void answer_interrupted(struct trap_frame *regs)
{
	regs->pc += regs->cpsr & CPSR_THUMB ? 2u : 4u;
	regs->r[0] = (uint32_t)-EINTR;
}

static void settle_call(struct trap_frame *regs, enum broken_call broken, uint32_t action_flags)
{
	if (broken == CALL_BROKEN_FOR_GOOD ||
	    (broken == CALL_BROKEN && !(action_flags & ACTION_RESTART)))
		answer_interrupted(regs);
}

/* The next one of `set`, or 0: a fault's first, then the task's own, the lowest number first. */
static int take_locked(struct signals *s, struct task *t, uint64_t set, struct signal_info *info)
{
	struct pending_signals *from = &t->signal.pending;
	int number;

	if (!(from->set & set))
		from = &s->pending;
	set &= from->set;
	if (!set)
		return 0;
	if (set & FROM_FAULTS)
		set &= FROM_FAULTS;
	number = __builtin_ctzll(set) + 1;
	pending_take(from, number, info);
	return number;
}

struct delivery {
	struct signal_info info;
	struct signal_action action;
};

/* Takes what is ignored and goes on. False: nothing is left. */
static bool take_for_action_locked(struct signals *s, struct task *t, struct delivery *d)
{
	int n;

	while ((n = take_locked(s, t, ~t->signal.blocked, &d->info)) != 0) {
		d->action = s->action[n - 1];
		if (!action_ignores(&d->action, n))
			return true;
	}
	return false;
}

static bool take_next(struct signals *s, struct task *t, struct delivery *d)
{
	uint32_t saved = lock_signals(s);
	bool found = take_for_action_locked(s, t, d);

	if (found && d->action.flags & ACTION_RESET && action_has_handler(&d->action))
		s->action[d->info.number - 1].handler = HANDLER_DEFAULT;
	mark_anew_locked(s, t);
	unlock_signals(s, saved);
	return found;
}

/* What the handler's end brings back. */
static uint64_t mask_before_handler(struct task *t)
{
	uint64_t mask = t->signal.restore_due ? t->signal.restore : t->signal.blocked;

	t->signal.restore_due = false;
	return mask;
}

static uint64_t blocked_in_handler(const struct task *t, const struct delivery *d)
{
	uint64_t own = d->action.flags & ACTION_NO_DEFER ? 0 : signal_bit(d->info.number);

	return t->signal.blocked | d->action.mask | own;
}

/* As Linux: SIGSEGV takes the place of the signal; there may be a handler with a stack of its own.
 */
static void no_room_for_frame(const struct task *t, int number)
{
	struct signal_info info = { .number = SIGNAL_SEGV, .code = SIGNAL_FROM_KERNEL };

	if (number != SIGNAL_SEGV && signal_force(&info))
		return;
	log_warn("task %u (%s) ended: no frame for signal %d fits its stack",
		 (unsigned)t->thread.id, t->thread.name, number);
	signal_end_process(SIGNAL_SEGV);
}

static void call_handler(struct trap_frame *regs, struct task *t, const struct delivery *d)
{
	if (sigframe_push(regs, &d->info, &d->action, mask_before_handler(t)) == 0)
		signal_set_blocked(blocked_in_handler(t, d));
	else
		no_room_for_frame(t, d->info.number);
}

void signal_deliver(struct trap_frame *regs)
{
	struct task *t = task_current();
	struct signals *s = signals_of(t);
	enum broken_call broken = t->signal.broken;
	struct delivery d;

	t->signal.broken = CALL_NOT_BROKEN;
	if (!s) {
		thread_unmark(&t->thread, THREAD_SIGNAL);
		return;
	}
	if (!take_next(s, t, &d)) {
		signal_mask_back();
		return;
	}
	if (!action_has_handler(&d.action))
		signal_end_process(d.info.number);
	settle_call(regs, broken, d.action.flags);
	call_handler(regs, t, &d);
}

/* Births and deaths. */

void signals_init(struct signals *s)
{
	memset(s, 0, sizeof(*s));
	list_init(&s->tasks);
}

void signals_copy(struct signals *to, struct signals *from)
{
	uint32_t saved;

	signals_init(to);
	saved = lock_signals(from);
	memcpy(to->action, from->action, sizeof(to->action));
	unlock_signals(from, saved);
}

void signals_exec(struct process *p, struct task *t)
{
	uint32_t saved = lock_signals(&p->signals);

	for (int n = 0; n < SIGNAL_COUNT; n++) {
		bool ignored = p->signals.action[n].handler == HANDLER_IGNORE;

		p->signals.action[n] = (struct signal_action){ .handler = ignored };
	}
	t->signal.stack = t->signal.stack_bytes = 0;
	unlock_signals(&p->signals, saved);
}

/* What the running task blocks but for the time of a call. */
static uint64_t lasting_mask(void)
{
	const struct task_signals *s = &task_current()->signal;

	return s->restore_due ? s->restore : s->blocked;
}

/* The mark makes its first way to user mode look for what came before it. */
void signal_task_begins(struct task *t, bool keeps_stack)
{
	const struct task_signals *parent = &task_current()->signal;
	struct signals *s = signals_of(t);
	uint32_t saved;

	t->signal.blocked = lasting_mask();
	t->signal.stack = keeps_stack ? parent->stack : 0;
	t->signal.stack_bytes = keeps_stack ? parent->stack_bytes : 0;
	saved = lock_signals(s);
	list_add_tail(&s->tasks, &t->signal.member);
	thread_mark(&t->thread, s->fatal ? THREAD_SIGNAL | THREAD_FATAL : THREAD_SIGNAL);
	unlock_signals(s, saved);
}

void signal_task_ends(struct task *t)
{
	struct signals *s = signals_of(t);
	uint32_t saved = lock_signals(s);

	list_del_init(&t->signal.member);
	pass_on_locked(s, s->pending.set & ~t->signal.blocked);
	unlock_signals(s, saved);
}

/* Actions and masks. */

static void forget_ignored_locked(struct signals *s, int number)
{
	struct task *t;

	pending_drop(&s->pending, signal_bit(number));
	list_for_each_entry(t, &s->tasks, signal.member)
		pending_drop(&t->signal.pending, signal_bit(number));
}

struct signal_action signal_action_swap(struct process *p, int number,
					const struct signal_action *set)
{
	struct signals *s = &p->signals;
	uint32_t saved = lock_signals(s);
	struct signal_action before = s->action[number - 1];

	if (set) {
		s->action[number - 1] = *set;
		s->action[number - 1].mask &= ~UNBLOCKABLE;
		if (action_ignores(set, number))
			forget_ignored_locked(s, number);
	}
	unlock_signals(s, saved);
	return before;
}

bool signal_leaves_no_zombie(struct process *p)
{
	const struct signal_action *a = &p->signals.action[SIGNAL_CHLD - 1];

	return a->handler == HANDLER_IGNORE || a->flags & ACTION_NO_CHILD_WAIT;
}

static void set_blocked_locked(struct signals *s, struct task *t, uint64_t mask)
{
	uint64_t before = t->signal.blocked;

	t->signal.blocked = mask & ~UNBLOCKABLE;
	pass_on_locked(s, s->pending.set & t->signal.blocked & ~before);
	mark_anew_locked(s, t);
}

void signal_set_blocked(uint64_t mask)
{
	struct task *t = task_current();
	struct signals *s = signals_of(t);
	uint32_t saved;

	if (!s)
		return;
	saved = lock_signals(s);
	set_blocked_locked(s, t, mask);
	unlock_signals(s, saved);
}

uint64_t signal_pending_blocked(void)
{
	struct task *t = task_current();
	struct signals *s = signals_of(t);
	uint32_t saved;
	uint64_t set;

	if (!s)
		return 0;
	saved = lock_signals(s);
	set = (t->signal.pending.set | s->pending.set) & t->signal.blocked;
	unlock_signals(s, saved);
	return set;
}

void signal_mask_lend(uint64_t mask)
{
	struct task *t = task_current();

	t->signal.restore = t->signal.blocked;
	t->signal.restore_due = true;
	signal_set_blocked(mask);
}

void signal_mask_back(void)
{
	struct task *t = task_current();

	if (!t->signal.restore_due)
		return;
	t->signal.restore_due = false;
	signal_set_blocked(t->signal.restore);
}

void signal_wait(void)
{
	for (;;) {
		thread_prepare_block("a signal");
		if (thread_is_interrupted())
			break;
		sched_block();
	}
	thread_cancel_block();
}

/* Takes one of `wanted`; else, with `begin`, lets them interrupt the sleep that follows. */
static int take_wanted(struct signals *s, struct task *t, uint64_t wanted, bool begin,
		       struct signal_info *info)
{
	uint32_t saved = lock_signals(s);
	int number = take_locked(s, t, wanted, info);
	uint64_t blocked = t->signal.blocked | t->signal.waited;

	t->signal.waited = begin && !number ? wanted & blocked : 0;
	set_blocked_locked(s, t, blocked & ~t->signal.waited);
	unlock_signals(s, saved);
	return number;
}

int signal_wait_for(uint64_t wanted, uint64_t until_ns, struct signal_info *info)
{
	struct task *t = task_current();
	struct signals *s = signals_of(t);
	int number, error;

	if (!s)
		return -EAGAIN;
	wanted &= ~UNBLOCKABLE;
	number = take_wanted(s, t, wanted, true, info);
	if (number)
		return number;
	error = time_sleep_until(until_ns);
	number = take_wanted(s, t, wanted, false, info);
	if (number)
		return number;
	return error == -EINTR ? error : -EAGAIN;
}
