/*
 * queues.c - producers and consumers over one small queue, by tries that never wait:
 * does each message arrive once, in the order of its producer?
 */
#include "scenarios/verify/programs.h"

#include <errno.h>
#include <string.h>

enum { CAPACITY = 2, ROUNDS_MAX = 16 };
enum { WAY_PRODUCERS, WAY_CONSUMERS };

struct queue_world {
	struct queue queue;
	struct queue_end end[VERIFY_TASKS_MAX + 1];
	int got; /* messages, of all consumers */
	unsigned char seen[VERIFY_TASKS_MAX][ROUNDS_MAX];
};

static int
producers(const struct verify_load *l)
{
	return l->way == WAY_CONSUMERS ? 1 : l->tasks - 1;
}

static int
setup(void *state, const void *arg, struct err *e)
{
	struct queue_world *w = state;
	const struct verify_load *l = arg;
	const struct queue_config f = { .kind = l->kind,
					.capacity = CAPACITY,
					.item_bytes = 8,
					.producers = producers(l),
					.consumers = l->tasks - producers(l) };
	int rc = queue_open(&w->queue, &f, e);

	for (int i = 0; rc == 0 && i <= l->tasks; i++)
		queue_attach(&w->queue, &w->end[i], i);
	return rc;
}

static void
put_all(struct queue_world *w, const struct verify_load *l, int number)
{
	for (int i = 0; i < l->rounds; i++) {
		const uint64_t message = (uint64_t)number << 32 | (uint64_t)i;
		int rc;

		while ((rc = queue_put(&w->end[number], &message, 8, 0)) == -EAGAIN)
			verify_pause();
		if (rc != 0)
			verify_fail("t%d: put says %s", number + 1, strerror(-rc));
	}
}

static void
take_one(struct queue_world *w, const struct verify_load *l, int number,
	 uint64_t message, int *next)
{
	const uint64_t from = message >> 32, i = message & UINT32_MAX;

	if (from >= (uint64_t)producers(l) || i >= (uint64_t)l->rounds)
		verify_fail("t%d got a message that nobody put: %llx", number + 1,
			    (unsigned long long)message);
	if (w->seen[from][i]++ != 0)
		verify_fail("message %llu of t%llu came twice", (unsigned long long)i,
			    (unsigned long long)from + 1);
	if ((int)i < next[from])
		verify_fail("message %llu of t%llu came after message %d",
			    (unsigned long long)i, (unsigned long long)from + 1,
			    next[from] - 1);
	next[from] = (int)i + 1;
	w->got++;
}

static void
get_all(struct queue_world *w, const struct verify_load *l, int number)
{
	int next[VERIFY_TASKS_MAX] = { 0 };

	while (w->got < producers(l) * l->rounds) {
		uint64_t message = 0;
		const int rc = queue_get(&w->end[number], &message, 8, 0);

		if (rc == -EAGAIN)
			verify_pause();
		else if (rc < 0)
			verify_fail("t%d: get says %s", number + 1, strerror(-rc));
		else
			take_one(w, l, number, message, next);
	}
}

static void
task(void *state, const void *arg, int number)
{
	const struct verify_load *l = arg;

	if (number < producers(l))
		put_all(state, l, number);
	else
		get_all(state, l, number);
}

static void
finish(void *state, const void *arg)
{
	struct queue_world *w = state;

	(void)arg;
	if (queue_size(&w->queue) != 0)
		verify_fail("%lld messages are left over",
			    (long long)queue_size(&w->queue));
}

static void
clear(void *state, const void *arg)
{
	struct queue_world *w = state;

	(void)arg;
	queue_fini(&w->queue);
}

static struct verify_program
program(const struct verify_load *l)
{
	return (struct verify_program){ .tasks = l->tasks,
					.state_bytes = sizeof(struct queue_world),
					.arg = l,
					.setup = setup,
					.task = task,
					.finish = finish,
					.clear = clear };
}

static const char *
refuse(const struct verify_load *l)
{
	const struct queue_kind *k = l->kind;

	if (l->tasks < 2)
		return "a queue needs two tasks";
	if (k->traits & QUEUE_ONE_TO_ONE && l->tasks > 2)
		return "it is for one producer and one consumer";
	return l->rounds > ROUNDS_MAX ? "more rounds than are told apart" : NULL;
}

/* One of each is the same both ways. */
static bool
applies(const struct verify_load *l)
{
	return l->way == WAY_PRODUCERS || l->tasks > 2;
}

const struct verify_family verify_queue_family = {
	.name = "queue",
	.way = { [WAY_PRODUCERS] = "producers, one consumer",
		 [WAY_CONSUMERS] = "one producer, consumers" },
	.refuse = refuse,
	.applies = applies,
	.program = program,
};
