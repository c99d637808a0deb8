/*
 * test_fork - every way makes a child that runs the body; trees are reaped whole.
 */
#include "core/clock.h"
#include "core/family.h"
#include "core/fork.h"
#include "core/proc.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool
is_available(const struct fork_kind *k)
{
	char why[128];

	return k->kind.available == NULL || k->kind.available(why, sizeof(why));
}

static int seen; /* what the body leaves behind where memory is shared */

static int
body(void *arg)
{
	seen += *(int *)arg;
	return getppid() == *(int *)arg ? 0 : 42;
}

static int
wait_for(pid_t pid)
{
	int fd = proc_open(pid, NULL), exitcode = -1;

	cr_assert_geq(fd, 0);
	cr_assert_eq(proc_wait(fd, clock_deadline_ns(60 * NS_PER_S), &exitcode), 0);
	close(fd);
	return exitcode;
}

static void
assert_no_children(void)
{
	cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1);
	cr_assert_eq(errno, ECHILD);
}

Test(fork, every_kind_runs_the_body_or_the_program)
{
	int arg = getpid(), i;
	char *argv[] = { (char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
			 (char *)(uintptr_t) "exit 7", NULL };
	struct fork_request q = { .body = body,
				  .arg = &arg,
				  .self = "/bin/sh",
				  .self_argv = argv,
				  .inherit_fd = { -1, -1 } };

	for (i = 0; fork_kind_table[i] != NULL; i++) {
		const struct fork_kind *k = fork_kind_table[i];
		struct err e = { 0 };
		pid_t pid;

		if (!is_available(k))
			continue;
		seen = 0;
		pid = k->create(&q, &e);
		cr_assert_gt(pid, 0, "%s: %s", k->kind.name, e.msg);
		cr_assert_eq(wait_for(pid), k->traits & FORK_EXECS ? 7 : 0, "%s",
			     k->kind.name);
		cr_assert_eq(seen, k->traits & FORK_SHARES ? arg : 0, "%s",
			     k->kind.name);
	}
	cr_assert_geq(i, 4);
	assert_no_children();
}

/* The child of an exec sees exactly the descriptors it shall see. */
Test(fork, posix_spawn_hands_down_descriptors)
{
	int in[2], other[2], i;
	char script[96];
	char *argv[] = { (char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c", script,
			 NULL };
	struct fork_request q = { .self = "/bin/sh", .self_argv = argv };

	cr_assert_eq(pipe2(in, O_CLOEXEC), 0);
	cr_assert_eq(pipe2(other, O_CLOEXEC), 0);
	q.inherit_fd[0] = in[0];
	q.inherit_fd[1] = -1;
	snprintf(script, sizeof(script),
		 "test -e /proc/self/fd/%d && ! test -e /proc/self/fd/%d", in[0],
		 other[0]);
	for (i = 0; fork_kind_table[i] != NULL; i++)
		if (fork_kind_table[i]->traits & FORK_EXECS)
			cr_assert_eq(wait_for(fork_kind_table[i]->create(&q, NULL)), 0);
}

Test(fork, a_program_that_is_not_there_is_refused)
{
	char *argv[] = { (char *)(uintptr_t) "x", NULL };
	struct fork_request q = { .self = "/nonexistent/program",
				  .self_argv = argv,
				  .inherit_fd = { -1, -1 } };
	struct err e;
	int i;

	for (i = 0; fork_kind_table[i] != NULL; i++)
		if (fork_kind_table[i]->traits & FORK_EXECS)
			cr_assert_eq(fork_kind_table[i]->create(&q, &e), -ENOENT);
	assert_no_children();
}

Test(family, sizes_are_counted_without_overflow)
{
	cr_assert_eq(family_size(1, 1, 10000), 1);
	cr_assert_eq(family_size(2, 3, 10000), 14);
	cr_assert_eq(family_size(1, 10000, 10000), 10000);
	cr_assert_eq(family_size(10000, 1, 10000), 10000);
	cr_assert_eq(family_size(101, 2, 10000), 10001);
	cr_assert_eq(family_size(INT64_MAX / 2, 40, 10000), 10001);
	cr_assert_eq(family_size(10000, 10000, INT64_MAX / 2), INT64_MAX / 2 + 1);
}

/* A tree of 2 + 4 + 8: every parent is right, everybody was reaped. */
static void
run_tree(const struct fork_kind *k)
{
	struct family f;
	struct err e = { 0 };
	int i;

	cr_assert_eq(family_init(&f, 2, 3, &e), 0);
	cr_assert_eq(f.total, 14);
	f.kind = k;
	f.share = true;
	cr_assert_eq(family_run(&f, &e), 0, "%s: %s", k->kind.name, e.msg);
	for (i = 1; i <= f.total; i++) {
		struct family_slot *s = &f.shared->slot[i];
		int parent = atom_load_rlx(&f.shared->slot[(i - 1) / 2].pid);

		cr_assert_eq(atom_load_rlx(&s->parent), parent, "%s", k->kind.name);
		cr_assert_eq(atom_load_rlx(&s->pid), atom_load_rlx(&s->created));
		cr_assert_eq(atom_load_rlx(&s->reaped), 1);
		cr_assert_eq(atom_load_rlx(&s->exitcode), 0);
		cr_assert_leq(atom_load_rlx(&s->begin_ns), atom_load_rlx(&s->end_ns));
	}
	cr_assert_eq(family_private(),
		     FAMILY_BEFORE + (k->traits & FORK_SHARES ? 14 : 0), "%s",
		     k->kind.name);
	cr_assert_eq(atom_load_rlx(&f.shared->shared_variable), 14);
	family_fini(&f);
	assert_no_children();
}

Test(family, trees_of_all_kinds_in_this_program)
{
	int i;

	for (i = 0; fork_kind_table[i] != NULL; i++)
		if (!(fork_kind_table[i]->traits & FORK_EXECS) &&
		    is_available(fork_kind_table[i]))
			run_tree(fork_kind_table[i]);
}

static const struct fork_kind *
kind_named(const char *name)
{
	int i;

	for (i = 0; fork_kind_table[i] != NULL; i++)
		if (strcmp(fork_kind_table[i]->kind.name, name) == 0)
			return fork_kind_table[i];
	return NULL;
}

/* The fourth call is refused, as by a limit that is reached. */
static int calls;

static pid_t
create_three(const struct fork_request *q, struct err *e)
{
	if (++calls > 3)
		return proc_refused(e, EAGAIN, "no more");
	return kind_named("fork")->create(q, e);
}

Test(family, a_refused_child_ends_the_run_and_all_are_reaped)
{
	static const struct fork_kind three = { .kind = { .name = "three" },
						.traits = FORK_RETURNS_TWICE,
						.create = create_three };
	struct family f;
	struct err e = { 0 };

	cr_assert_eq(family_init(&f, 5, 1, &e), 0);
	f.kind = &three;
	f.pause_ns = 3600 * NS_PER_S; /* cut short by the failure */
	cr_assert_eq(family_run(&f, &e), -EAGAIN);
	cr_assert_eq(e.code, EAGAIN);
	cr_assert_str_eq(e.msg, "three() failed after 3 of 5 child processes, which "
				"were reaped");
	cr_assert(e.hint[0] != '\0');
	family_fini(&f);
	assert_no_children();
}

struct stopper {
	struct family *f;
	struct stop *stop;
};

/* Asks for the stop once a grandchild has begun. */
static void *
stop_later(void *arg)
{
	struct stopper *s = arg;

	while (atom_load_rlx(&s->f->shared->slot[3].begin_ns) == 0)
		sched_yield();
	stop_request(s->stop, SIGTERM);
	return NULL;
}

Test(family, a_stop_ends_pauses_on_all_levels, .timeout = 60)
{
	struct family f;
	struct stop stop;
	struct stopper stopper = { .f = &f, .stop = &stop };
	pthread_t thread;
	struct err e = { 0 };
	int i;

	cr_assert_eq(stop_init(&stop, &e), 0);
	cr_assert_eq(family_init(&f, 2, 2, &e), 0);
	f.kind = kind_named("fork");
	f.stop = &stop;
	f.pause_ns = 3600 * NS_PER_S;
	cr_assert_eq(pthread_create(&thread, NULL, stop_later, &stopper), 0);
	cr_assert_eq(family_run(&f, &e), -ECANCELED);
	pthread_join(thread, NULL);
	for (i = 1; i <= f.total; i++)
		cr_assert_eq(atom_load_rlx(&f.shared->slot[i].reaped),
			     atom_load_rlx(&f.shared->slot[i].created) != 0);
	cr_assert_eq(family_run(&f, &e), -ECANCELED);
	cr_assert_eq(atom_load_rlx(&f.shared->created), 0, "none after a stop");
	family_fini(&f);
	stop_fini(&stop);
	assert_no_children();
}

/* A killed child takes its own children with it; the root reaps them, too. */
Test(family, orphans_of_a_killed_child_are_reaped, .timeout = 60)
{
	struct family f;
	struct err e = { 0 };
	pid_t helper;

	cr_assert_eq(family_init(&f, 1, 2, &e), 0);
	f.kind = kind_named("fork");
	f.pause_ns = 3600 * NS_PER_S;
	helper = fork();
	if (helper == 0) {
		while (atom_load_rlx(&f.shared->slot[2].begin_ns) == 0)
			sched_yield();
		kill(atom_load_rlx(&f.shared->slot[1].pid), SIGKILL);
		_exit(0);
	}
	cr_assert_eq(family_run(&f, &e), 0);
	cr_assert_eq(atom_load_rlx(&f.shared->slot[1].exitcode), -SIGKILL);
	cr_assert_eq(atom_load_rlx(&f.shared->slot[2].exitcode), -SIGKILL);
	cr_assert_eq(atom_load_rlx(&f.shared->slot[2].reaped), 1);
	cr_assert_eq(f.orphans, 1);
	family_fini(&f);
	assert_no_children();
}
