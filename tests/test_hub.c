/*
 * test_hub.c - tasks that wait for each other on one thread.
 */
#include "core/hub.h"

#include "core/clock.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct hub h;
static struct err e;
static char tape[256];

static void
start(void)
{
	memset(tape, 0, sizeof(tape));
	cr_assert_eq(hub_init(&h, &(struct hub_config){ .stop = NULL }, &e), 0, "%s",
		     e.msg);
}

static void
note(char c)
{
	const size_t n = strlen(tape);

	cr_assert_lt(n, sizeof(tape) - 1);
	tape[n] = c;
}

static struct task *
spawn(const char *name, task_fn *fn, void *arg)
{
	struct task *t = hub_spawn(&h, name, fn, arg, &e);

	cr_assert_not_null(t, "%s", e.msg);
	return t;
}

TestSuite(hub, .init = start);

static intptr_t
three_times(void *arg)
{
	for (int i = 0; i < 3; i++) {
		note(*(const char *)arg);
		hub_sleep(0);
	}
	return 42;
}

Test(hub, tasks_take_turns_in_order)
{
	struct task *a = spawn("a", three_times, "a"),
		    *b = spawn("b", three_times, "b");

	cr_assert_null(hub_getcurrent());
	cr_assert_eq(hub_run(&h, &e), 0);
	cr_assert_str_eq(tape, "ababab");
	cr_assert(a->done && b->done);
	cr_assert_eq(a->result, 42);
	hub_release(a);
	hub_release(b);
	cr_assert_eq(h.domain.created - h.domain.freed, 0);
	hub_fini(&h);
}

static intptr_t
sleeper(void *arg)
{
	const int ms = *(const int *)arg;

	if (hub_sleep((uint64_t)ms * NS_PER_MS) == -ECANCELED)
		note('x');
	else
		note((char)('0' + ms / 300));
	return 0;
}

Test(hub, sleepers_wake_by_time)
{
	static const int ms[] = { 900, 300, 1200, 600 };
	const uint64_t begin_ns = clock_ns();

	for (int i = 0; i < 4; i++)
		hub_release(spawn(NULL, sleeper, (void *)(uintptr_t)&ms[i]));
	cr_assert_eq(hub_run(&h, &e), 0);
	cr_assert_str_eq(tape, "1234");
	cr_assert_geq(clock_ns() - begin_ns, 1200 * NS_PER_MS);
	hub_fini(&h);
}

static intptr_t
killer(void *arg)
{
	struct task *t = arg;

	cr_assert_eq(hub_join(t, clock_deadline_ns(NS_PER_MS)), -ETIMEDOUT);
	note('t');
	hub_kill(t);
	cr_assert_eq(hub_join(t, UINT64_MAX), 0);
	note('k');
	return 0;
}

Test(hub, join_times_out_and_kill_ends_a_wait)
{
	static const int long_ms = 100000;
	struct task *t = spawn("t", sleeper, (void *)(uintptr_t)&long_ms);
	struct task *never = spawn("never", three_times, "n");

	hub_kill(never);
	hub_release(spawn("killer", killer, t));
	cr_assert_eq(hub_run(&h, &e), 0);
	cr_assert_str_eq(tape, "txk");
	cr_assert_eq(never->result, -ECANCELED);
	hub_release(never);
	hub_release(t);
	hub_fini(&h);
}

static struct hub_queue queue;

static intptr_t
producer(void *arg)
{
	(void)arg;
	for (intptr_t i = 1; i <= 100; i++)
		cr_assert_eq(hub_queue_put(&queue, i, UINT64_MAX), 0);
	return 0;
}

static intptr_t
consumer(void *arg)
{
	intptr_t *sum = arg, item;

	while (hub_queue_get(&queue, &item, clock_deadline_ns(2 * NS_PER_S)) == 0)
		*sum += item;
	cr_assert_eq(hub_queue_get(&queue, &item, 0), -EAGAIN);
	return 0;
}

Test(hub, a_queue_gives_each_item_once)
{
	intptr_t ring[4], sum[2] = { 0, 0 };

	queue = (struct hub_queue){ .name = "q", .ring = ring, .capacity = 4 };
	hub_release(spawn("p", producer, NULL));
	hub_release(spawn("c1", consumer, &sum[0]));
	hub_release(spawn("c2", consumer, &sum[1]));
	cr_assert_eq(hub_run(&h, &e), 0, "%s", e.msg);
	cr_assert_eq(sum[0] + sum[1], 5050);
	cr_assert_eq(queue.n, 0);
	hub_fini(&h);
}

static struct hub_semaphore semaphore = { .name = "s", .value = 2 };
static int inside, most;

static intptr_t
guest(void *arg)
{
	(void)arg;
	cr_assert_eq(hub_semaphore_acquire(&semaphore, UINT64_MAX), 0);
	most = ++inside > most ? inside : most;
	hub_sleep(NS_PER_MS);
	inside--;
	hub_semaphore_release(&semaphore);
	return 0;
}

Test(hub, a_semaphore_lets_so_many_in)
{
	for (int i = 0; i < 10; i++)
		hub_release(spawn(NULL, guest, NULL));
	cr_assert_eq(hub_run(&h, &e), 0);
	cr_assert_eq(most, 2);
	cr_assert_eq(inside, 0);
	cr_assert_eq(semaphore.value, 2);
	hub_fini(&h);
}

static struct hub_event event = { .name = "door" };

static intptr_t
at_the_door(void *arg)
{
	(void)arg;
	cr_assert_eq(hub_event_wait(&event, UINT64_MAX), 0);
	note('i');
	return 0;
}

static intptr_t
opens(void *arg)
{
	(void)arg;
	note('o');
	hub_event_set(&event);
	return 0;
}

Test(hub, an_event_lets_all_pass)
{
	for (int i = 0; i < 3; i++)
		hub_release(spawn(NULL, at_the_door, NULL));
	hub_release(spawn(NULL, opens, NULL));
	cr_assert_eq(hub_run(&h, &e), 0);
	cr_assert_str_eq(tape, "oiii");
	hub_fini(&h);
}

static struct task *knot[2];

static intptr_t
waits_for(void *arg)
{
	return hub_join(knot[*(const int *)arg], UINT64_MAX);
}

Test(hub, a_deadlock_is_told)
{
	static const int other[] = { 1, 0 };

	knot[0] = spawn("a", waits_for, (void *)(uintptr_t)&other[0]);
	knot[1] = spawn("b", waits_for, (void *)(uintptr_t)&other[1]);
	hub_release(spawn("c", at_the_door, NULL));
	cr_assert_eq(hub_run(&h, &e), -EDEADLK);
	cr_assert_not_null(strstr(e.msg, "all 3 coroutines wait: "), "%s", e.msg);
	cr_assert_not_null(strstr(e.msg, "a on b"), "%s", e.msg);
	cr_assert_not_null(strstr(e.msg, "b on a"), "%s", e.msg);
	cr_assert_not_null(strstr(e.msg, "c on event 'door'"), "%s", e.msg);
	hub_kill(knot[0]);
	hub_event_set(&event);
	cr_assert_eq(hub_run(&h, &e), 0);
	hub_fini(&h);
}

static int pair[2];

static intptr_t
reader(void *arg)
{
	struct hub_fd f;
	char buf[64];
	ssize_t n;
	intptr_t total = 0;

	(void)arg;
	cr_assert_eq(hub_fd_open(&h, &f, pair[0], &e), 0);
	cr_assert_eq(hub_recv(&f, buf, sizeof(buf), clock_deadline_ns(NS_PER_MS)),
		     -ETIMEDOUT);
	note('t');
	while ((n = hub_recv(&f, buf, sizeof(buf), UINT64_MAX)) > 0)
		total += n;
	cr_assert_eq(n, 0);
	hub_fd_close(&f);
	return total;
}

static intptr_t
writer(void *arg)
{
	static char bytes[1 << 20];
	struct hub_fd f;

	(void)arg;
	cr_assert_eq(hub_fd_open(&h, &f, pair[1], &e), 0);
	hub_sleep(20 * NS_PER_MS);
	cr_assert_eq(hub_send(&f, bytes, sizeof(bytes), UINT64_MAX), sizeof(bytes));
	hub_fd_close(&f);
	close(pair[1]);
	return 0;
}

Test(hub, descriptors_wake_who_waits)
{
	struct task *r;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	r = spawn("r", reader, NULL);
	hub_release(spawn("w", writer, NULL));
	cr_assert_eq(hub_run(&h, &e), 0, "%s", e.msg);
	cr_assert_eq(r->result, 1 << 20);
	cr_assert_str_eq(tape, "t");
	hub_release(r);
	close(pair[0]);
	hub_fini(&h);
}

Test(hub, a_stop_ends_the_run_and_all_can_be_killed)
{
	static const int long_ms = 100000;
	struct stop stop;

	hub_fini(&h);
	cr_assert_eq(stop_init(&stop, &e), 0);
	cr_assert_eq(hub_init(&h, &(struct hub_config){ .stop = &stop }, &e), 0);
	for (int i = 0; i < 3; i++)
		hub_release(spawn(NULL, sleeper, (void *)(uintptr_t)&long_ms));
	stop_request(&stop, STOP_TIMEOUT);
	cr_assert_eq(hub_run(&h, &e), -ECANCELED);
	hub_kill_all(&h);
	cr_assert_eq(h.ntasks, 0);
	hub_fini(&h);
	stop_fini(&stop);
}

Test(hub, timers_keep_their_order)
{
	enum { N = 200 };
	static int ms[N];
	uint64_t x = 1;

	for (int i = 0; i < N; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		ms[i] = 300 + (int)(x >> 33) % 5 * 300;
		hub_release(spawn(NULL, sleeper, &ms[i]));
	}
	cr_assert_eq(hub_run(&h, &e), 0, "%s", e.msg);
	cr_assert_eq(strlen(tape), N);
	for (int i = 1; i < N; i++)
		cr_assert_leq(tape[i - 1], tape[i]);
	hub_fini(&h);
}

Test(hub, what_was_killed_before_it_began_never_does)
{
	for (int i = 0; i < 10; i++)
		hub_release(spawn(NULL, three_times, "n"));
	hub_fini(&h);
	cr_assert_eq(strlen(tape), 0);
}
