/*
 * test_trace - nothing lost, nothing twice, merged by time; also what a killed,
 * forked or exec'd child wrote.
 */
#include "core/trace.h"

#include "core/atom.h"
#include "core/clock.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct event_type tick = { .name = "tick", .phase = EVENT_INSTANT };
static const struct event_type tock = { .name = "tock", .phase = EVENT_INSTANT };

enum { KEPT = 100000 };

/* What the sink got. */
static struct event kept[KEPT];
static size_t nkept, nends;

static void
keep(void *arg, const struct event *e)
{
	cr_assert_eq(arg, kept);
	cr_assert_lt(nkept, (size_t)KEPT);
	kept[nkept++] = *e;
}

static void
count_end(void *arg)
{
	cr_assert_eq(arg, kept);
	nends++;
}

static struct trace
make(int nroles, uint32_t capacity)
{
	struct trace t;
	struct err e = { 0 };

	cr_assert_eq(trace_init(&t, nroles, capacity, &e), 0, "%s", e.msg);
	t.sink = keep;
	t.sink_end = count_end;
	t.sink_arg = kept;
	return t;
}

Test(trace, an_event_arrives_as_it_was)
{
	struct trace t = make(2, 16);
	uint64_t before, after;

	trace_bind(&t, 1);
	before = clock_ns();
	trace_emit(&tock, -1, INT64_MIN, "hello");
	after = clock_ns();
	trace_emit_at(before, &tick, 2, 3, NULL);
	trace_pump(&t, true);
	cr_assert_eq(nkept, 2);
	cr_assert_eq(kept[0].ts_ns, before);
	cr_assert_eq(event_type_of(&kept[0]), &tick);
	cr_assert_str_eq(kept[0].text, "");
	cr_assert_eq(event_type_of(&kept[1]), &tock);
	cr_assert(kept[1].ts_ns >= before && kept[1].ts_ns <= after);
	cr_assert_eq(kept[1].a, -1);
	cr_assert_eq(kept[1].b, INT64_MIN);
	cr_assert_str_eq(kept[1].text, "hello");
	cr_assert_eq(kept[1].pid, getpid());
	cr_assert_eq(kept[1].tid, gettid());
	cr_assert_eq(kept[1].role, 1);
	trace_pump(&t, true);
	cr_assert_eq(nkept, 2, "nothing comes twice");
	trace_fini(&t);
}

Test(trace, roles_are_merged_by_time_and_keep_their_order)
{
	struct trace t = make(3, 64);

	for (int role = 0; role < 3; role++) {
		trace_bind(&t, role);
		for (int i = 0; i < 20; i++)
			trace_emit_at((uint64_t)(100 + i / 2 * 3 + role % 2), &tick, i,
				      0, NULL);
	}
	trace_pump(&t, true);
	cr_assert_eq(nkept, 60);
	for (size_t i = 1; i < nkept; i++) {
		cr_assert_leq(kept[i - 1].ts_ns, kept[i].ts_ns);
		for (size_t k = 0; k < i; k++)
			cr_assert(kept[k].role != kept[i].role ||
				  kept[k].a < kept[i].a);
	}
	trace_fini(&t);
}

Test(trace, any_order_of_times_is_sorted)
{
	struct trace t = make(1, 4096);

	trace_bind(&t, 0);
	for (unsigned n = 1; n < 70; n++) {
		nkept = 0;
		for (unsigned i = 0; i < n; i++)
			trace_emit_at(i * 37 % n / 2, &tick, i, 0, NULL);
		trace_pump(&t, true);
		cr_assert_eq(nkept, n);
		for (size_t i = 1; i < n; i++) {
			cr_assert_leq(kept[i - 1].ts_ns, kept[i].ts_ns);
			cr_assert(kept[i - 1].ts_ns < kept[i].ts_ns ||
				  kept[i - 1].a < kept[i].a);
		}
	}
	trace_fini(&t);
}

Test(trace, young_events_wait_for_late_ones)
{
	const uint64_t future = clock_ns() + 3600 * NS_PER_S;
	struct trace t = make(2, 16);

	trace_bind(&t, 1);
	trace_emit_at(1000, &tick, 1, 0, NULL);
	trace_emit_at(future, &tick, 2, 0, NULL);
	trace_pump(&t, false);
	cr_assert_eq(nkept, 1);
	cr_assert_eq(nends, 1);
	trace_pump(&t, false);
	cr_assert_eq(nends, 1, "an empty pump has no end");
	trace_bind(&t, 0);
	trace_emit_at(future - 1, &tick, 3, 0, NULL);
	trace_pump(&t, true);
	cr_assert_eq(nkept, 3);
	cr_assert_eq(kept[1].a, 3, "the late one comes first");
	cr_assert_eq(kept[2].a, 2);
	cr_assert_eq(nends, 2);
	trace_fini(&t);
}

Test(trace, a_full_ring_drops_the_new_and_counts)
{
	struct trace t = make(2, 5); /* 8 */

	cr_assert_eq(t.capacity, 8);
	trace_bind(&t, 1);
	for (int i = 0; i < 11; i++)
		trace_emit(&tick, i, 0, NULL);
	trace_pump(&t, true);
	cr_assert_eq(nkept, 8);
	cr_assert_eq(kept[7].a, 7);
	cr_assert_eq(t.lost, 3);
	trace_emit(&tick, 11, 0, NULL);
	trace_pump(&t, true);
	cr_assert_eq(nkept, 9);
	cr_assert_eq(kept[8].a, 11);
	cr_assert_eq(t.lost, 3);
	trace_fini(&t);
}

Test(trace, the_owners_own_ring_pumps_instead_of_dropping)
{
	struct trace t = make(2, 8);

	trace_bind(&t, 0);
	for (int i = 0; i < 5000; i++)
		trace_emit(&tick, i, 0, NULL);
	trace_pump(&t, true);
	cr_assert_eq(nkept, 5000);
	cr_assert_eq(t.lost, 0);
	for (int i = 0; i < 5000; i++)
		cr_assert_eq(kept[i].a, i);
	t.sink = NULL;
	for (int i = 0; i < 9; i++)
		trace_emit(&tick, i, 0, NULL);
	trace_pump(&t, true);
	cr_assert_eq(t.lost, 1, "without a sink nobody pumps");
	trace_fini(&t);
}

static void
emit_too(void *arg, const struct event *e)
{
	keep(arg, e);
	if (event_type_of(e) == &tick)
		trace_emit(&tock, e->a, 0, NULL);
}

Test(trace, a_sink_may_emit)
{
	struct trace t = make(1, 8);

	t.sink = emit_too;
	trace_bind(&t, 0);
	for (int i = 0; i < 100; i++)
		trace_emit(&tick, i, 0, NULL);
	trace_pump(&t, true);
	trace_pump(&t, true);
	/* Each tick arrives; of the answers, those that found the ring full while it
	 * was pumped are counted. */
	cr_assert_eq(nkept + t.lost, 200);
	cr_assert_geq(nkept, 100);
	trace_fini(&t);
}

Test(trace, events_survive_sigkill)
{
	struct trace t = make(3, 16);
	int status;
	pid_t pid;

	trace_bind(&t, 0);
	pid = fork();
	if (pid == 0) {
		trace_emit(&tick, 99, 0, "not bound yet");
		trace_bind(&t, 2);
		for (int i = 0; i < 3; i++)
			trace_emit(&tock, i, 0, "last words");
		raise(SIGKILL);
		_exit(1);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	trace_emit(&tick, 7, 0, NULL);
	trace_pump(&t, true);
	cr_assert_eq(nkept, 4);
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(kept[i].a, i);
		cr_assert_eq(kept[i].pid, pid);
		cr_assert_eq(kept[i].tid, pid);
		cr_assert_eq(kept[i].role, 2);
		cr_assert_eq(event_type_of(&kept[i]), &tock);
	}
	cr_assert_eq(kept[3].pid, getpid());
	trace_fini(&t);
}

Test(trace, a_vfork_child_writes)
{
	struct trace t = make(2, 4);
	pid_t pid;

	trace_bind(&t, 0);
	pid = vfork();
	if (pid == 0) {
		trace_bind(&t, 1);
		trace_emit(&tock, 1, 0, NULL);
		_exit(0);
	}
	trace_bind(&t, 0);
	trace_emit(&tick, 2, 0, NULL);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	/* Full, in a child that shares our binding: it must not pump for us. */
	for (int i = 0; i < 3; i++)
		trace_emit(&tick, 2, 0, NULL);
	pid = vfork();
	if (pid == 0) {
		trace_emit(&tick, 3, 0, NULL);
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	cr_assert_eq(nkept, 0);
	trace_pump(&t, true);
	cr_assert_eq(nkept, 5);
	cr_assert_eq(kept[0].role, 1);
	cr_assert_neq(kept[0].pid, getpid());
	cr_assert_eq(kept[1].pid, getpid());
	cr_assert_eq(t.lost, 1);
	trace_fini(&t);
}

/* This program, started anew by the test below, writes and leaves. */
__attribute__((constructor)) static void
be_the_execd_child(void)
{
	const char *fd = getenv("TEST_TRACE_FD");
	struct trace t;

	if (fd == NULL)
		return;
	if (trace_attach(&t, (int)strtol(fd, NULL, 10), 1, NULL) != 0)
		_exit(1);
	trace_emit(&tock, (int64_t)t.start_ns, 0, "execd");
	_exit(0);
}

Test(trace, an_execd_copy_of_the_program_writes)
{
	struct trace t = make(2, 16);
	char variable[64];
	char *argv[] = { "copy", NULL }, *env[] = { variable, NULL };
	int status;
	pid_t pid;

	trace_emit(&tick, 0, 0, "nobody is bound");
	snprintf(variable, sizeof(variable), "TEST_TRACE_FD=%d", t.fd);
	pid = fork();
	if (pid == 0) {
		fcntl(t.fd, F_SETFD, 0);
		execve("/proc/self/exe", argv, env);
		_exit(2);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
	trace_pump(&t, true);
	cr_assert_eq(nkept, 1);
	cr_assert_eq(kept[0].pid, pid);
	cr_assert_eq(kept[0].role, 1);
	cr_assert_eq(kept[0].a, (int64_t)t.start_ns);
	cr_assert_eq(event_type_of(&kept[0]), &tock);
	cr_assert_str_eq(kept[0].text, "execd");
	trace_fini(&t);
}

Test(trace, attach_refuses_what_is_no_trace)
{
	struct trace t = make(1, 16), u;
	struct err e = { 0 };
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	uint32_t wrong = 3;

	cr_assert_eq(trace_attach(&u, -1, 0, &e), -EBADF);
	cr_assert_lt(trace_attach(&u, fd, 0, &e), 0, "not even writable");
	close(fd);
	/* A damaged header: the number of roles does not fit the size. */
	cr_assert_eq(pwrite(t.fd, &wrong, sizeof(wrong), 16), (ssize_t)sizeof(wrong));
	cr_assert_eq(trace_attach(&u, t.fd, 0, &e), -EINVAL);
	cr_assert_null(u.shared);
	trace_fini(&t);
}

enum { THREADS = 4, EACH = 20000 };
static struct trace shared_trace;
static atom_u32 done;

static void *
emit_many(void *arg)
{
	trace_bind(&shared_trace, (int)(intptr_t)arg);
	for (int i = 0; i < EACH; i++)
		trace_emit(&tick, i, 0, "from a thread");
	/* Edge D: the last event is published -> main sees done == THREADS. */
	atom_add_acq_rel(&done, 1); /* D */
	return NULL;
}

Test(trace, threads_write_while_the_owner_reads)
{
	pthread_t thread[THREADS];
	int64_t last[THREADS + 1];
	bool is_over = false;

	shared_trace = make(THREADS + 1, 1024);
	for (intptr_t i = 0; i < THREADS; i++)
		cr_assert_eq(
			pthread_create(&thread[i], NULL, emit_many, (void *)(i + 1)),
			0);
	while (!is_over) {
		is_over = atom_load_acq(&done) == THREADS; /* D */
		trace_pump(&shared_trace, false);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	trace_pump(&shared_trace, true);
	cr_assert_eq(nkept + shared_trace.lost, (size_t)THREADS * EACH);
	memset(last, -1, sizeof(last));
	for (size_t i = 0; i < nkept; i++) {
		cr_assert_gt(kept[i].a, last[kept[i].role], "order of a role");
		last[kept[i].role] = kept[i].a;
		cr_assert_str_eq(kept[i].text, "from a thread");
	}
	trace_fini(&shared_trace);
}

Test(trace, names_and_texts_are_cut_between_characters)
{
	struct trace t = make(2, 16);

	cr_assert_str_eq(trace_role_name(&t, 1), "");
	trace_name(&t, 1, "w1");
	cr_assert_str_eq(trace_role_name(&t, 1), "w1");
	trace_name(&t, 1, "12345678901234567890123456");
	cr_assert_str_eq(trace_role_name(&t, 1), "12345678901234567890123");
	trace_name(&t, 1, "123456789012345678901\u20ac!");
	cr_assert_str_eq(trace_role_name(&t, 1), "123456789012345678901");
	trace_name(&t, 1, "12345678901234567890\u20ac!");
	cr_assert_str_eq(trace_role_name(&t, 1), "12345678901234567890\u20ac");
	cr_assert_str_eq(trace_role_name(&t, 2), "");
	trace_bind(&t, 0);
	trace_emit(&tick, 0, 0,
		   "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
		   "\u00e4\u00e4\u00e4\u00e4");
	trace_pump(&t, true);
	cr_assert_str_eq(kept[0].text,
			 "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
			 "\u00e4\u00e4\u2026");
	trace_emit(&tick, 0, 0, "12345678901234567890123");
	trace_emit(&tick, 0, 0, "123456789012345678901234");
	trace_pump(&t, true);
	cr_assert_str_eq(kept[1].text, "12345678901234567890123");
	cr_assert_str_eq(kept[2].text, "12345678901234567890\u2026");
	trace_fini(&t);
}

Test(trace, off_means_nothing_happens)
{
	struct trace t = { .shared = NULL };

	trace_bind(&t, 0);
	trace_emit(&tick, 1, 0, NULL);
	trace_name(&t, 0, "main");
	cr_assert_str_eq(trace_role_name(&t, 0), "");
	trace_pump(&t, true);
	trace_fini(&t);
	cr_assert_neq(fcntl(0, F_GETFD), -1, "descriptor 0 was not its own");
}

Test(trace, gives_its_descriptor_back)
{
	struct trace t = make(1, 16);
	int fd = t.fd;

	cr_assert_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	trace_bind(&t, 0);
	trace_fini(&t);
	cr_assert_eq(fcntl(fd, F_GETFD), -1);
	trace_emit(&tick, 1, 0, "into nothing");
	trace_fini(&t);
}

Test(trace, as_many_roles_as_there_can_be)
{
	struct trace t = make(65535, 1024);

	trace_bind(&t, 65534);
	trace_emit(&tick, 1, 0, NULL);
	trace_pump(&t, true);
	cr_assert_eq(nkept, 1);
	cr_assert_eq(kept[0].role, 65534);
	trace_fini(&t);
}

Test(trace, a_file_size_limit_is_an_error_not_a_death)
{
	struct rlimit limit = { 65536, RLIM_INFINITY };
	struct err e = { 0 };
	struct trace t;
	int next = dup(0);

	close(next);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_assert_eq(trace_init(&t, 4, 1024, &e), -EFBIG);
	cr_assert_eq(e.code, EFBIG);
	cr_assert_neq(e.hint[0], '\0');
	cr_assert_eq(fcntl(next, F_GETFD), -1, "the descriptor was closed");
	trace_fini(&t);
}
