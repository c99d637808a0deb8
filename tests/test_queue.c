/*
 * test_queue - what a queue promises, of every kind that can run here.
 */
#include "core/clock.h"
#include "core/proc.h"
#include "core/queue.h"
#include "core/queue_kind.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND NS_PER_S
#define PATIENCE (60 * SECOND)

static bool
is_available(const struct queue_kind *k)
{
	char why[128];

	return k->kind.available == NULL || k->kind.available(why, sizeof(why));
}

/* Kinds whose capacity is the kernel's or a library's affair. */
static bool
is_exact(const struct queue_kind *k)
{
	static const char *const roomy[] = { "pipe", "socketpair", "ck", "posixmq" };

	for (size_t i = 0; i < sizeof(roomy) / sizeof(roomy[0]); i++)
		if (strcmp(k->kind.name, roomy[i]) == 0)
			return false;
	return true;
}

static void
open_queue(struct queue *q, const struct queue_kind *k, size_t capacity, size_t bytes,
	   int ends, bool processes)
{
	const struct queue_config f = { .kind = k,
					.capacity = capacity,
					.item_bytes = bytes,
					.producers = ends,
					.consumers = ends,
					.processes = processes,
					.joinable = true };
	struct err e;

	cr_assert_eq(queue_open(q, &f, &e), 0, "%s: %s", k->kind.name, e.msg);
}

#define EACH_KIND(k)                                                                   \
	for (const struct queue_kind *const *at = queue_kind_table, *k;                \
	     (k = *at) != NULL; at++)                                                  \
		if (is_available(k))

Test(queue, keeps_order_and_says_full_and_empty)
{
	EACH_KIND(k)
	{
		const char *name = k->kind.name;
		const bool processes = k->traits & QUEUE_PROCESSES;
		struct queue_end p, c;
		struct queue q;
		uint64_t word = 0, n, before;

		open_queue(&q, k, 5, 8, 1, processes);
		queue_attach(&q, &p, 0);
		queue_attach(&q, &c, 1);
		cr_expect(queue_empty(&q), "%s", name);
		cr_expect_eq(queue_get(&c, &word, 8, 0), -EAGAIN, "%s", name);
		before = clock_ns();
		cr_expect_eq(queue_get(&c, &word, 8, before + 20 * NS_PER_MS),
			     -ETIMEDOUT, "%s", name);
		cr_expect_geq(clock_ns() - before, 20 * NS_PER_MS, "%s", name);
		for (n = 0; queue_put(&p, &n, 8, 0) == 0; n++)
			cr_assert_lt(n, 1000000, "%s is never full", name);
		cr_expect_geq(n, 5, "%s holds %lu", name, (unsigned long)n);
		if (is_exact(k)) {
			cr_expect_eq(n, 5, "%s holds %lu", name, (unsigned long)n);
			cr_expect(queue_full(&q), "%s", name);
		}
		cr_expect_eq(queue_size(&q), (int64_t)n, "%s: %ld of %lu", name,
			     (long)queue_size(&q), (unsigned long)n);
		cr_expect_eq(queue_put(&p, &n, 8, clock_ns() + 20 * NS_PER_MS),
			     -ETIMEDOUT, "%s", name);
		for (uint64_t i = 0; i < n; i++) {
			cr_expect_eq(queue_get(&c, &word, 8, 0), 8, "%s", name);
			cr_expect_eq(word, i, "%s: %lu for %lu", name,
				     (unsigned long)word, (unsigned long)i);
		}
		cr_expect(queue_empty(&q), "%s", name);
		queue_fini(&q);
	}
}

Test(queue, closed_gives_what_is_left_then_the_end)
{
	EACH_KIND(k)
	{
		const char *name = k->kind.name;
		struct queue_end p, c;
		struct queue q;
		uint64_t word = 7;

		open_queue(&q, k, 4, 8, 1, k->traits & QUEUE_PROCESSES);
		queue_attach(&q, &p, 0);
		queue_attach(&q, &c, 1);
		cr_expect_eq(queue_put(&p, &word, 8, QUEUE_FOREVER), 0);
		queue_close(&q);
		queue_close(&q);
		cr_expect_eq(queue_put(&p, &word, 8, QUEUE_FOREVER), -EPIPE, "%s",
			     name);
		cr_expect_eq(queue_get(&c, &word, 8, QUEUE_FOREVER), 8, "%s", name);
		cr_expect_eq(queue_get(&c, &word, 8, QUEUE_FOREVER), -EPIPE, "%s",
			     name);
		queue_abort(&q);
		cr_expect_eq(queue_put(&p, &word, 8, QUEUE_FOREVER), -ECANCELED, "%s",
			     name);
		queue_fini(&q);
	}
}

/* --- many ends at once -------------------------------------------------------------
 */

enum { ENDS = 3, MESSAGES = 3000 };

struct worker {
	struct queue_tally tally;
	struct queue *q;
	uint64_t next[ENDS];
	unsigned char buffer[256];
	int who, ends, rc;
	size_t bytes;
	pthread_t thread;
};

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct queue_end t;
	struct queue_load l = { .messages = MESSAGES,
				.item_bytes = w->bytes,
				.number = w->who,
				.producers = w->ends,
				.buffer = w->buffer,
				.next = w->next,
				.tally = &w->tally };

	queue_attach(w->q, &t, w->who);
	(w->who < w->ends ? queue_produce : queue_consume)(&t, &l);
	w->rc = l.rc;
	return NULL;
}

static struct worker *
make_workers(struct queue *q, int ends, size_t bytes)
{
	struct worker *w = mmap(NULL, 2 * ENDS * sizeof(*w), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(w, MAP_FAILED);
	for (int i = 0; i < 2 * ends; i++) {
		w[i].q = q;
		w[i].who = i;
		w[i].ends = ends;
		w[i].bytes = bytes;
	}
	return w;
}

/* True when all that was put was got, once, whole and in order. */
static bool
agrees(const struct worker *w, int ends)
{
	uint64_t count[2] = { 0 }, sum[2] = { 0 }, bad = 0;

	for (int i = 0; i < 2 * ends; i++) {
		count[i < ends] += atom_load_rlx(&w[i].tally.count);
		sum[i < ends] += atom_load_rlx(&w[i].tally.sum);
		bad += atom_load_rlx(&w[i].tally.disorder);
		bad += atom_load_rlx(&w[i].tally.corrupt);
	}
	return count[0] == count[1] && sum[0] == sum[1] && bad == 0 &&
	       count[1] == (uint64_t)ends * MESSAGES;
}

static bool
run_threads(const struct queue_kind *k, size_t capacity, size_t bytes)
{
	const int ends = k->traits & QUEUE_ONE_TO_ONE ? 1 : ENDS;
	struct worker *w;
	struct queue q;
	bool good;

	open_queue(&q, k, capacity, bytes, ends, false);
	w = make_workers(&q, ends, bytes);
	for (int i = 0; i < 2 * ends; i++)
		cr_assert_eq(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
	for (int i = 0; i < ends; i++)
		pthread_join(w[i].thread, NULL);
	queue_close(&q);
	for (int i = ends; i < 2 * ends; i++)
		pthread_join(w[i].thread, NULL);
	good = agrees(w, ends) && queue_size(&q) == 0;
	munmap(w, 2 * ENDS * sizeof(*w));
	queue_fini(&q);
	return good;
}

Test(queue, threads_get_each_message_once, .timeout = 120)
{
	EACH_KIND(k)
	{
		if (k->kind.control || !(k->traits & QUEUE_THREADS))
			continue;
		cr_expect(run_threads(k, 1, 8), "%s, room for 1", k->kind.name);
		cr_expect(run_threads(k, 7, 8), "%s, room for 7", k->kind.name);
		cr_expect(run_threads(k, 64, 100), "%s, 100 bytes", k->kind.name);
	}
}

Test(queue, the_control_fails)
{
	const struct queue_kind *k = queue_kind_find("none");
	bool good = true;

	for (int i = 0; i < 20 && good; i++)
		good = run_threads(k, 16, 8);
	cr_expect_not(good, "a queue without protection passed 20 times");
}

Test(queue, processes_get_each_message_once, .timeout = 120)
{
	EACH_KIND(k)
	{
		const int ends = k->traits & QUEUE_ONE_TO_ONE ? 1 : 2;
		pid_t pid[4];
		struct worker *w;
		struct queue q;

		if (k->kind.control || !(k->traits & QUEUE_PROCESSES))
			continue;
		open_queue(&q, k, 9, 24, ends, true);
		w = make_workers(&q, ends, 24);
		for (int i = 0; i < 2 * ends; i++) {
			pid[i] = fork();
			cr_assert_geq(pid[i], 0);
			if (pid[i] == 0) {
				work(&w[i]);
				_exit(0);
			}
		}
		for (int i = 0; i < 2 * ends; i++) {
			if (i == ends)
				queue_close(&q);
			cr_assert_eq(waitpid(pid[i], NULL, 0), pid[i]);
		}
		cr_expect(agrees(w, ends), "%s", k->kind.name);
		munmap(w, 2 * ENDS * sizeof(*w));
		queue_fini(&q);
	}
}

/* --- waiting -----------------------------------------------------------------------
 */

struct sleeper {
	struct queue *q;
	int who;
	atom_i32 rc;
	uint64_t cpu_ns;
};

static void *
get_one(void *arg)
{
	struct sleeper *s = arg;
	struct queue_end t;
	uint64_t word, cpu_ns;

	queue_attach(s->q, &t, s->who);
	cpu_ns = clock_thread_cpu_ns();
	atom_store_rlx(&s->rc, queue_get(&t, &word, 8, QUEUE_FOREVER));
	s->cpu_ns = clock_thread_cpu_ns() - cpu_ns;
	return NULL;
}

static void
pause_ms(uint64_t ms)
{
	const uint64_t until_ns = clock_ns() + ms * NS_PER_MS;

	while (clock_ns() < until_ns)
		sched_yield();
}

Test(queue, a_sleeper_is_woken_and_burns_nothing, .timeout = 120)
{
	EACH_KIND(k)
	{
		static void (*const wakers[])(struct queue *) = { NULL, queue_close,
								  queue_abort };
		static const int expected[] = { 8, -EPIPE, -ECANCELED };

		for (int i = 0; i < 3 && k->traits & QUEUE_THREADS; i++) {
			struct sleeper s = { .who = 1 };
			const uint64_t word = 1;
			struct queue_end p;
			struct queue q;
			pthread_t thread;

			open_queue(&q, k, 4, 8, 1, false);
			queue_attach(&q, &p, 0);
			s.q = &q;
			atom_store_rlx(&s.rc, 0);
			pthread_create(&thread, NULL, get_one, &s);
			pause_ms(30);
			cr_expect_eq(atom_load_rlx(&s.rc), 0, "%s", k->kind.name);
			if (wakers[i] == NULL)
				queue_put(&p, &word, 8, QUEUE_FOREVER);
			else
				wakers[i](&q);
			pthread_join(thread, NULL);
			cr_expect_eq(atom_load_rlx(&s.rc), expected[i], "%s: %d",
				     k->kind.name, atom_load_rlx(&s.rc));
			cr_expect_lt(s.cpu_ns, 10 * NS_PER_MS, "%s burnt %lu ns",
				     k->kind.name, (unsigned long)s.cpu_ns);
			queue_fini(&q);
		}
	}
}

Test(queue, join_waits_until_all_is_done)
{
	const struct queue_kind *k = queue_kind_find("mpmc");
	struct queue_end p, c;
	struct queue q;
	uint64_t word = 3;

	open_queue(&q, k, 4, 8, 1, false);
	queue_attach(&q, &p, 0);
	queue_attach(&q, &c, 1);
	cr_expect_eq(queue_join(&q, QUEUE_FOREVER), 0);
	cr_expect_eq(queue_task_done(&q), -EINVAL, "called too many times");
	cr_expect_eq(queue_put(&p, &word, 8, 0), 0);
	cr_expect_eq(queue_get(&c, &word, 8, 0), 8);
	cr_expect_eq(queue_join(&q, clock_ns() + 10 * NS_PER_MS), -ETIMEDOUT);
	cr_expect_eq(queue_task_done(&q), 0);
	cr_expect_eq(queue_join(&q, QUEUE_FOREVER), 0);
	queue_fini(&q);
}

Test(queue, messages_keep_their_length)
{
	EACH_KIND(k)
	{
		struct queue_end p, c;
		unsigned char out[300], in[300];
		struct queue q;

		if (!(k->traits & QUEUE_VARIABLE))
			continue;
		open_queue(&q, k, 4, sizeof(out), 1, true);
		queue_attach(&q, &p, 0);
		queue_attach(&q, &c, 1);
		for (size_t n = 1; n <= sizeof(out); n++) {
			memset(out, (int)n, n);
			cr_assert_eq(queue_put(&p, out, n, 0), 0, "%s", k->kind.name);
			cr_assert_eq(queue_get(&c, in, sizeof(in), 0), (int)n, "%s %zu",
				     k->kind.name, n);
			cr_assert_arr_eq(out, in, n);
		}
		queue_fini(&q);
	}
}

/* --- kill -9 -------------------------------------------------------------------------
 */

/* A child takes what an operation holds, and dies. */
static void
die_holding(struct queue *q, int who, bool put)
{
	pid_t pid = fork();
	int status;

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		struct queue_end t;

		queue_attach(q, &t, who);
		q->kind->seize(&t, put);
		kill(getpid(), SIGKILL);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFSIGNALED(status));
}

Test(queue, a_dead_holder_stops_nobody, .timeout = 60)
{
	EACH_KIND(k)
	{
		const char *name = k->kind.name;
		struct queue_end p, c;
		struct queue q;
		uint64_t word;
		int lost = 0;

		if (k->seize == NULL || !(k->traits & QUEUE_PROCESSES))
			continue;
		open_queue(&q, k, 4, 8, 2, true);
		queue_attach(&q, &p, 1);
		queue_attach(&q, &c, 3);
		word = 10;
		cr_expect_eq(queue_put(&p, &word, 8, 0), 0, "%s", name);
		die_holding(&q, 0, true);
		lost += queue_bury(&q, 0);
		word = 11;
		cr_expect_eq(queue_put(&p, &word, 8, clock_ns() + PATIENCE), 0, "%s",
			     name);
		die_holding(&q, 2, false);
		lost += queue_bury(&q, 2);
		cr_expect_leq(lost, 2, "%s", name);
		/* What was not lost comes out, in order; then the queue works on. */
		if (strcmp(name, "mpmc") != 0)
			cr_expect_eq(queue_get(&c, &word, 8, clock_ns() + PATIENCE), 8,
				     "%s", name);
		cr_expect_eq(queue_get(&c, &word, 8, clock_ns() + PATIENCE), 8, "%s",
			     name);
		cr_expect_eq(word, 11, "%s", name);
		cr_expect(queue_empty(&q), "%s: %ld", name, (long)queue_size(&q));
		for (uint64_t i = 0; i < 20; i++) {
			cr_expect_eq(queue_put(&p, &i, 8, clock_ns() + PATIENCE), 0);
			cr_expect_eq(queue_get(&c, &word, 8, clock_ns() + PATIENCE), 8);
			cr_expect_eq(word, i, "%s", name);
		}
		queue_fini(&q);
	}
}

Test(queue, what_mpmc_loses_with_the_dead_is_counted)
{
	struct queue_end p;
	struct queue q;
	const uint64_t word = 1;

	open_queue(&q, queue_kind_find("mpmc"), 4, 8, 2, true);
	queue_attach(&q, &p, 1);
	die_holding(&q, 0, true);
	cr_expect_eq(queue_bury(&q, 0), 1, "the claimed slot");
	cr_expect_eq(queue_bury(&q, 0), 0, "once");
	cr_expect_eq(queue_put(&p, &word, 8, 0), 0);
	die_holding(&q, 2, false);
	cr_expect_eq(queue_bury(&q, 2), 1, "the message it had taken");
	cr_expect(queue_empty(&q));
	queue_fini(&q);
}

/* A getter that was asleep is killed; the message that comes goes to another. */
Test(queue, a_dead_sleeper_swallows_no_wake_up, .timeout = 60)
{
	EACH_KIND(k)
	{
		struct sleeper s = { .who = 3 };
		struct queue_end p;
		struct queue q;
		pid_t pid;
		uint64_t word = 5;

		if (!(k->traits & QUEUE_PROCESSES) || k->traits & QUEUE_ONE_TO_ONE)
			continue;
		open_queue(&q, k, 4, 8, 2, true);
		queue_attach(&q, &p, 0);
		s.q = &q;
		pid = fork();
		cr_assert_geq(pid, 0);
		if (pid == 0) {
			s.who = 2;
			get_one(&s);
			_exit(0);
		}
		pause_ms(20);
		kill(pid, SIGKILL);
		cr_assert_eq(waitpid(pid, NULL, 0), pid);
		queue_bury(&q, 2);
		pid = fork();
		cr_assert_geq(pid, 0);
		if (pid == 0) {
			get_one(&s);
			_exit(atom_load_rlx(&s.rc));
		}
		cr_expect_eq(queue_put(&p, &word, 8, clock_ns() + PATIENCE), 0);
		int status;
		cr_assert_eq(waitpid(pid, &status, 0), pid);
		cr_expect_eq(WEXITSTATUS(status), 8, "%s", k->kind.name);
		queue_fini(&q);
	}
}

/* --- refusals, loads -----------------------------------------------------------------
 */

Test(queue, refuses_what_a_kind_cannot)
{
	struct queue_config f = { .kind = queue_kind_find("spsc"),
				  .capacity = 4,
				  .item_bytes = 8,
				  .producers = 2,
				  .consumers = 1 };
	struct queue q;
	struct err e;

	cr_expect_eq(queue_open(&q, &f, &e), -EINVAL);
	queue_fini(&q);
	f.producers = 1;
	f.capacity = 0;
	cr_expect_eq(queue_open(&q, &f, &e), -EINVAL);
	f.capacity = 4;
	f.kind = queue_kind_find("ck");
	f.processes = true;
	cr_expect_eq(queue_open(&q, &f, &e), -EINVAL);
	f.kind = queue_kind_find("pipe");
	f.item_bytes = 5000;
	cr_expect_eq(queue_open(&q, &f, &e), -EINVAL);
	cr_expect_null(queue_kind_find("nothing"));
}

Test(queue, a_changed_byte_is_seen)
{
	unsigned char m[67];

	for (size_t n = 8; n <= sizeof(m); n++) {
		queue_fill(m, n, 0x123456789abcdef0u);
		cr_expect(queue_is_whole(m, n), "%zu", n);
		for (size_t i = 8; i < n; i++) {
			m[i] ^= 4;
			cr_expect_not(queue_is_whole(m, n), "%zu of %zu", i, n);
			m[i] ^= 4;
		}
	}
}
