/*
 * family.c - a tree of processes.
 *
 * A process makes its children one after the other, then waits for each in the same
 * order. A PID that was not reaped cannot be given to a stranger, so nothing but the
 * PIDs is kept; the root opens a pidfd for the one child it waits for. A stop sets
 * the cancel word: no process makes more children, pauses end, and the tree unwinds
 * from its leaves, each child reaped by its own parent.
 */
#include "core/family.h"

#include "core/clock.h"
#include "core/family_story.h"
#include "core/futex.h"
#include "core/proc.h"
#include "core/sys.h"
#include "core/watch.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a cancelled tree may take to unwind before it is killed. */
#define GRACE_NS (2 * NS_PER_S)

/* How often a child that suspends the root looks for a stop in its place. */
#define LOOK_NS (20 * NS_PER_MS)

/* One process of the tree, as it sees itself. */
struct node {
	struct family *f;
	int number;
};

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

int64_t
family_size(int64_t n, int64_t depth, int64_t max)
{
	int64_t level = 1, total = 0, i;

	for (i = 0; i < depth; i++) {
		if (n > 0 && level > max / n)
			return max + 1;
		level *= n;
		total += level;
		if (total > max)
			return max + 1;
	}
	return total;
}

static size_t
map_bytes(int total)
{
	return sizeof(struct family_shared) +
	       ((size_t)total + 1) * sizeof(struct family_slot);
}

int
family_init(struct family *f, int n, int depth, struct err *e)
{
	void *map = MAP_FAILED;
	int code = 0;

	memset(f, 0, sizeof(*f));
	f->total = (int)family_size(n, depth, INT_MAX - 1);
	f->bytes = map_bytes(f->total);
	f->fd = memfd_create("concbench-family", MFD_CLOEXEC);
	if (f->fd < 0)
		return err_set(e, errno, "cannot make shared memory");
	if (ftruncate(f->fd, (off_t)f->bytes) == 0)
		map = mmap(NULL, f->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd,
			   0);
	if (map == MAP_FAILED) {
		code = errno;
		close(f->fd);
		return err_set(e, code, "cannot map %zu bytes of shared memory",
			       f->bytes);
	}
	f->shared = map;
	f->shared->n = n;
	f->shared->depth = depth;
	return 0;
}

void
family_fini(struct family *f)
{
	if (f->shared == NULL)
		return;
	munmap(f->shared, f->bytes);
	close(f->fd);
	f->shared = NULL;
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

static void
cancel(struct family *f)
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
			cancel(f);
	}
}

static void make_children(struct node *me);
static void wait_children(struct node *me);

/* What every process below the root does. Allocates nothing: see vfork, clone3. */
static int
body(void *arg)
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
		make_children(&me);
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
make_child(struct node *me, int number)
{
	struct family *f = me->f;
	struct node child = { .f = f, .number = number };
	char words[4][24], *argv[FAMILY_WORDS + 5];
	const int fds[4] = { f->fd, f->trace == NULL ? -1 : f->trace->fd, number,
			     getpid() };
	struct fork_request q = { .body = body, .arg = &child, .self = f->self };
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
	cancel(f);
}

static void
make_children(struct node *me)
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

static void
note_exit(struct family_slot *slot, int exitcode)
{
	atom_store_rlx(&slot->exitcode, exitcode);
	atom_store_rlx(&slot->reaped, 1);
	story_exited(atom_load_rlx(&slot->created), exitcode);
}

/* Waits as long as it takes: the tree unwinds by the cancel word. */
static void
wait_child(struct family_slot *slot)
{
	int exitcode;

	if (proc_reap_pid(atom_load_rlx(&slot->created), &exitcode) == 0)
		note_exit(slot, exitcode);
}

/* Every process below the root. */
static void
wait_children(struct node *me)
{
	struct family_shared *s = me->f->shared;
	const int first = me->number * s->n + 1;
	int i;

	story_wait(true);
	for (i = first; i < first + s->n; i++)
		if (atom_load_rlx(&s->slot[i].created) != 0)
			wait_child(&s->slot[i]);
	story_wait(false);
}

/* The root waits for a child, shows events, hears the stop. */
static void
wait_child_watching(struct family *f, struct family_slot *slot, uint64_t *deadline_ns)
{
	const pid_t pid = atom_load_rlx(&slot->created);
	int pidfd = proc_open(pid, NULL), rc = 0;

	if (pidfd < 0) {
		/* No descriptor left: end the tree, since we cannot hear a stop. */
		cancel(f);
		wait_child(slot);
		return;
	}
	while (rc != 1) {
		rc = watch_fd(f->trace, *deadline_ns == UINT64_MAX ? f->stop : NULL,
			      pidfd, *deadline_ns);
		if (rc == -ECANCELED) {
			cancel(f);
			*deadline_ns = clock_deadline_ns(GRACE_NS);
		} else if (rc < 0) {
			proc_signal(pidfd, SIGKILL);
			rc = watch_fd(f->trace, NULL, pidfd, UINT64_MAX);
		}
	}
	close(pidfd);
	wait_child(slot);
}

static void
wait_children_watching(struct family *f)
{
	struct family_shared *s = f->shared;
	uint64_t deadline_ns = UINT64_MAX;
	int i;

	story_wait(true);
	for (i = 1; i <= s->n; i++)
		if (atom_load_rlx(&s->slot[i].created) != 0)
			wait_child_watching(f, &s->slot[i], &deadline_ns);
	story_wait(false);
}

/* Reaps those whose parent was killed: they were killed with it, and given to us. */
static void
reap_orphans(struct family *f)
{
	siginfo_t info;
	int i;

	memset(&info, 0, sizeof(info));
	while (waitid(P_ALL, 0, &info, WEXITED) == 0 || errno == EINTR)
		for (i = 1; i <= f->total; i++) {
			struct family_slot *slot = &f->shared->slot[i];

			if (atom_load_rlx(&slot->created) == info.si_pid &&
			    atom_load_rlx(&slot->reaped) == 0) {
				f->orphans++;
				note_exit(slot, info.si_code == CLD_EXITED
							? info.si_status
							: -info.si_status);
			}
		}
}

static void
reset(struct family *f)
{
	struct family_shared *s = f->shared;
	int i;

	memset((void *)s->slot, 0, ((size_t)f->total + 1) * sizeof(s->slot[0]));
	for (i = 1; i <= f->total; i++)
		s->slot[i].cpu = sys_pin_cpu(f->pin, i - 1);
	s->role0 = f->role0;
	s->pause_ns = f->pause_ns;
	s->share = f->share;
	for (i = 0; fork_kind_table[i] != NULL; i++)
		if (fork_kind_table[i] == f->kind)
			s->kind = i;
	atom_store_rlx(&s->cancel, 0);
	atom_store_rlx(&s->failed, 0);
	atom_store_rlx(&s->created, 0);
	atom_store_rlx(&s->shared_variable, 0);
	atom_store_rlx(&s->slot[0].pid, getpid());
	f->orphans = 0;
	private_variable = FAMILY_BEFORE;
}

int
family_run(struct family *f, struct err *e)
{
	struct node root = { .f = f, .number = 0 };
	int code;

	reset(f);
	story_start();
	if (f->shared->depth > 1)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	make_children(&root);
	wait_children_watching(f);
	if (f->shared->depth > 1) {
		reap_orphans(f);
		prctl(PR_SET_CHILD_SUBREAPER, 0);
	}
	code = atom_load_rlx(&f->shared->failed);
	if (code != 0)
		return proc_refused(e, code,
				    "%s() failed after %d of %d child processes, which "
				    "were reaped",
				    f->kind->kind.name,
				    atom_load_rlx(&f->shared->created), f->total);
	return stop_reason(f->stop) != STOP_NONE ? -ECANCELED : 0;
}

/* Reads the words that make_child() wrote: descriptors of memory and trace, number,
 * parent. */
static bool
read_words(int argc, char **argv, int word[4])
{
	char *end;
	int i;

	if (argc != 4)
		return false;
	for (i = 0; i < 4; i++) {
		word[i] = (int)strtol(argv[i], &end, 10);
		if (end == argv[i] || *end != '\0')
			return false;
	}
	return word[0] >= 0;
}

/* Maps the memory of the tree; false when it is not one. */
static bool
attach(struct family *f, int number)
{
	const off_t size = lseek(f->fd, 0, SEEK_END);
	void *map;

	if (size < (off_t)sizeof(*f->shared))
		return false;
	map = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
	if (map == MAP_FAILED)
		return false;
	f->shared = map;
	f->bytes = (size_t)size;
	f->total = (int)family_size(f->shared->n, f->shared->depth, INT_MAX - 1);
	f->kind = fork_kind_table[f->shared->kind];
	return f->bytes == map_bytes(f->total) && number > 0 && number <= f->total;
}

int
family_exec(const char *self, const char *const *self_words, int argc, char **argv)
{
	struct trace t = { .fd = -1 };
	struct family f = { .trace = &t, .self = self, .self_words = self_words };
	struct node me = { .f = &f };
	int word[4];

	if (!read_words(argc, argv, word))
		return 2;
	proc_settle(PROC_DIES_WITH_PARENT | PROC_IGNORES_SIGINT, word[3]);
	f.fd = word[0];
	me.number = word[2];
	if (proc_set_cloexec(f.fd, true) != 0 || !attach(&f, me.number))
		return 3;
	if (word[1] >= 0 &&
	    trace_attach(&t, word[1], f.shared->role0 + me.number, NULL) != 0)
		return 3;
	return body(&me);
}
