/*
 * family_node.c - what a process of a tree does: it makes children and waits.
 */
#include "core/family_node.h"

#include "core/clock.h"
#include "core/family_story.h"
#include "core/futex.h"
#include "core/proc.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* How often a child that suspends the root looks for a stop in its place. */
#define LOOK_NS (20 * NS_PER_MS)

/* What --share shows; each process has its own, unless vfork lends it. */
static int64_t private_variable = FAMILY_FRESH;

int64_t
family_private(void)
{
	return private_variable;
}

const void *
family_private_address(void)
{
	return &private_variable;
}

void
family_set_private(int64_t value)
{
	private_variable = value;
}

static bool
is_cancelled(const struct family *f)
{
	return atom_load_rlx(&f->shared->cancel) != 0 ||
	       stop_reason(f->stop) != STOP_NONE;
}

/* Levels below node `number`. */
static int
levels_below(const struct family_shared *s, int number)
{
	int level = 0;

	for (; number > 0; number = (number - 1) / s->n)
		level++;
	return s->depth - level;
}

static void
bind(const struct family *f, int number)
{
	trace_bind(f->trace, number == 0 ? 0 : f->shared->role0 + number);
}

static void
change_variables(struct family *f, struct family_slot *slot)
{
	int64_t before;

	atom_store_rlx(&slot->private_before, private_variable);
	private_variable++;
	atom_store_rlx(&slot->private_after, private_variable);
	story_private(&private_variable, private_variable - 1, private_variable);
	before = atom_add_rlx(&f->shared->shared_variable, 1);
	story_shared(&f->shared->shared_variable, before, before + 1);
}

void
family_cancel(struct family *f)
{
	atom_store_rlx(&f->shared->cancel, 1);
	futex_wake(&f->shared->cancel, INT_MAX);
}

/*
 * In a child that the root is suspended for: the root cannot hear a stop, so look
 * for it in its place.
 */
static bool
root_wants_stop(const struct family *f)
{
	return f->kind->traits & FORK_SHARES &&
	       (stop_reason(f->stop) != STOP_NONE ||
		proc_has_pending(atom_load_rlx(&f->shared->slot[0].pid)));
}

static void
pause_here(struct family *f)
{
	const uint64_t deadline_ns = clock_deadline_ns(f->shared->pause_ns);
	const bool looks = f->kind->traits & FORK_SHARES;
	uint64_t wake_ns = deadline_ns;

	while (atom_load_rlx(&f->shared->cancel) == 0 && clock_ns() < deadline_ns) {
		if (looks && clock_deadline_ns(LOOK_NS) < deadline_ns)
			wake_ns = clock_deadline_ns(LOOK_NS);
		futex_wait(&f->shared->cancel, 0, wake_ns);
		wake_ns = deadline_ns;
		if (root_wants_stop(f))
			family_cancel(f);
	}
}

static void wait_children(const struct node *me);

/* What every process below the root does. Allocates nothing: see vfork, clone3. */
int
family_body(void *arg)
{
	struct node me = *(struct node *)arg;
	struct family *f = me.f;
	struct family_slot *slot = &f->shared->slot[me.number];

	proc_pin(slot->cpu);
	bind(f, me.number);
	atom_store_rlx(&slot->pid, getpid());
	atom_store_rlx(&slot->parent, getppid());
	atom_store_rlx(&slot->begin_ns, clock_ns());
	story_child(f->kind);
	if (f->shared->share)
		change_variables(f, slot);
	if (levels_below(f->shared, me.number) > 0) {
		family_make_children(&me);
		wait_children(&me);
	}
	if (f->shared->pause_ns > 0)
		pause_here(f);
	story_leave();
	atom_store_rlx(&slot->end_ns, clock_ns());
	return 0;
}

/* Makes the child `number` of me: its PID or -errno. */
static pid_t
make_child(const struct node *me, int number)
{
	struct family *f = me->f;
	struct node child = { .f = f, .number = number };
	char words[4][24], *argv[FAMILY_WORDS + 5];
	const int fds[4] = { f->fd, f->trace == NULL ? -1 : f->trace->fd, number,
			     getpid() };
	struct fork_request q = { .body = family_body, .arg = &child, .self = f->self };
	size_t n = 0, i;

	for (; f->self_words != NULL && n < FAMILY_WORDS && f->self_words[n]; n++)
		argv[n] = (char *)(uintptr_t)f->self_words[n];
	for (i = 0; i < 4; i++) {
		snprintf(words[i], sizeof(words[i]), "%d", fds[i]);
		argv[n++] = words[i];
	}
	argv[n] = NULL;
	q.self_argv = argv;
	q.inherit_fd[0] = fds[0];
	q.inherit_fd[1] = fds[1];
	return f->kind->create(&q, NULL);
}

static void
note_refused(struct family *f, int code)
{
	int32_t none = 0;

	story_refused(f->kind, code);
	atom_cas_rlx(&f->shared->failed, &none, code);
	family_cancel(f);
}

void
family_make_children(const struct node *me)
{
	struct family *f = me->f;
	const bool suspends = f->kind->traits & FORK_SHARES;
	const int first = me->number * f->shared->n + 1;
	int i;

	for (i = first; i < first + f->shared->n && !is_cancelled(f); i++) {
		struct family_slot *slot = &f->shared->slot[i];
		const uint64_t called_ns = clock_ns();
		uint64_t took_ns;
		pid_t pid;

		atom_store_rlx(&slot->called_ns, called_ns);
		if (suspends)
			story_suspend(f->kind);
		pid = make_child(me, i);
		took_ns = clock_ns() - called_ns;
		/* A child in our memory has bound our thread to its own role. */
		if (suspends) {
			bind(f, me->number);
			story_resume();
		}
		if (pid < 0) {
			note_refused(f, (int)-pid);
			return;
		}
		atom_store_rlx(&slot->create_ns, took_ns);
		atom_store_rlx(&slot->created, pid);
		atom_add_rlx(&f->shared->created, 1);
		story_created(f->kind, pid, took_ns);
	}
}

void
family_note_exit(struct family_slot *slot, int exitcode)
{
	atom_store_rlx(&slot->exitcode, exitcode);
	atom_store_rlx(&slot->reaped, 1);
	story_exited(atom_load_rlx(&slot->created), exitcode);
}

/* Waits as long as it takes: the tree unwinds by the cancel word. */
void
family_wait_child(struct family_slot *slot)
{
	int exitcode;

	if (proc_reap_pid(atom_load_rlx(&slot->created), &exitcode) == 0)
		family_note_exit(slot, exitcode);
}

/* Every process below the root. */
static void
wait_children(const struct node *me)
{
	struct family_shared *s = me->f->shared;
	const int first = me->number * s->n + 1;
	int i;

	story_wait(true);
	for (i = first; i < first + s->n; i++)
		if (atom_load_rlx(&s->slot[i].created) != 0)
			family_wait_child(&s->slot[i]);
	story_wait(false);
}
