/*
 * workers.c - what producers and consumers do: shown message by message, or measured.
 *
 * Edge G: the owner opens the gate when all workers are there -> they begin.
 * Edge D: a producer is done after its puts -> who is last puts the sentinels behind.
 */
#include "scenarios/queue/queue_run.h"

#include "core/clock.h"
#include "core/futex.h"
#include "core/lock.h"
#include "core/rng.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct event_type write_event = {
	.name = "write",
	.phase = EVENT_INSTANT,
	.say = "▶ {s} to write: {pid}",
	.key_s = "kind",
};
static const struct event_type read_event = {
	.name = "read",
	.phase = EVENT_INSTANT,
	.say = "▶ {s} to read: {pid}",
	.key_s = "kind",
};
static const struct event_type put_event = {
	.name = "put",
	.phase = EVENT_SEND,
	.say = "Put {s} to queue...",
	.key_a = "message",
	.key_b = "bytes",
	.key_s = "text",
};
static const struct event_type get_event = {
	.name = "get",
	.phase = EVENT_RECEIVE,
	.say = "Get {s} from queue.",
	.key_a = "message",
	.key_b = "bytes",
	.key_s = "text",
};
static const struct event_type full_event = {
	.name = "full",
	.phase = EVENT_WAIT,
	.say = "queue is full, waiting for room",
	.span = "full",
};
static const struct event_type empty_event = {
	.name = "empty",
	.phase = EVENT_WAIT,
	.span = "empty",
};
static const struct event_type waited_event = { .name = "waited", .phase = EVENT_END };
static const struct event_type pause_event = {
	.name = "pause",
	.phase = EVENT_BEGIN,
	.span = "working",
};
static const struct event_type paused_event = { .name = "paused", .phase = EVENT_END };
static const struct event_type producer_done_event = {
	.name = "producer_done",
	.phase = EVENT_INSTANT,
	.say = "✔ all {a} messages put",
	.key_a = "messages",
};
static const struct event_type sentinel_event = {
	.name = "got_sentinel",
	.phase = EVENT_INSTANT,
	.say = "✔ got the sentinel: no more will come",
};
static const struct event_type end_event = {
	.name = "got_end",
	.phase = EVENT_INSTANT,
	.say = "✔ the queue is closed and empty",
};
static const struct event_type holding_event = {
	.name = "kill",
	.phase = EVENT_INSTANT,
	.say = "✘ kill -9 of itself in the middle of a {s}",
	.key_s = "call",
};

void
queue_message_name(const struct queue_run *r, uint64_t word, char *buf, size_t n)
{
	const uint64_t number = word & ((UINT64_C(1) << QUEUE_NUMBER_BITS) - 1);
	const unsigned producer = (unsigned)(word >> QUEUE_NUMBER_BITS);
	char whose[16] = "";

	if (r->opts->producers > 1)
		snprintf(whose, sizeof(whose), "%u", producer + 1);
	if (number < 26)
		snprintf(buf, n, "%c%s", (char)('A' + number), whose);
	else
		snprintf(buf, n, "#%llu%s%s", (unsigned long long)number,
			 whose[0] ? "/" : "", whose);
}

static uint64_t
message_index(const struct queue_run *r, uint64_t word)
{
	const uint64_t mask = (UINT64_C(1) << QUEUE_NUMBER_BITS) - 1;

	return (word >> QUEUE_NUMBER_BITS) * r->messages + (word & mask);
}

static void
crash_if_asked(struct queue_run *r, struct queue_end *t, uint64_t count, bool put)
{
	const struct queue_opts *o = r->opts;
	const int victim = put ? 0 : (int)o->producers;

	if (o->crash != (put ? CRASH_PRODUCER : CRASH_CONSUMER) || t->who != victim ||
	    count != (uint64_t)o->crash_at)
		return;
	trace_emit(&holding_event, 0, 0, put ? "put" : "get");
	if (r->q.kind->seize != NULL)
		r->q.kind->seize(t, put);
	kill(getpid(), SIGKILL);
}

static void
pause_before_put(struct queue_run *r, int number, uint64_t i, atom_u32 *cancel)
{
	struct rng rng;
	uint64_t deadline_ns;

	if (r->opts->pause_ns == 0)
		return;
	rng_init(&rng, r->run->seed, (uint64_t)number << 32 | i);
	deadline_ns = clock_deadline_ns(rng_below(&rng, r->opts->pause_ns + 1));
	trace_emit(&pause_event, 0, 0, NULL);
	while (clock_ns() < deadline_ns && !atom_load_rlx(cancel))
		futex_wait(cancel, 0, deadline_ns);
	trace_emit(&paused_event, 0, 0, NULL);
}

/* Waits with the wait in the trace, if there is one. */
static int
put_shown(struct queue_run *r, struct queue_end *t, struct queue_load *l, uint64_t word)
{
	struct queue_desk *desk = &r->board->desk[t->who];
	uint64_t begin_ns;
	char name[EVENT_TEXT];
	int rc;

	queue_message_name(r, word, name, sizeof(name));
	trace_emit(&put_event, (int64_t)message_index(r, word), (int64_t)l->item_bytes,
		   name);
	queue_fill(l->buffer, l->item_bytes, word);
	rc = queue_put(t, l->buffer, l->item_bytes, 0);
	if (rc != -EAGAIN)
		return rc;
	trace_emit(&full_event, 0, 0, NULL);
	begin_ns = clock_ns();
	rc = queue_put(t, l->buffer, l->item_bytes, QUEUE_FOREVER);
	desk->waited_ns += clock_ns() - begin_ns;
	trace_emit(&waited_event, 0, 0, NULL);
	return rc;
}

static void
produce_shown(struct queue_run *r, struct queue_end *t, struct queue_load *l)
{
	atom_u32 *cancel = &r->crew.block[t->who].cancel;
	uint64_t sum = 0;

	trace_emit(&write_event, 0, 0, r->crew_kind->noun);
	for (uint64_t i = 0; i < l->messages && !atom_load_rlx(cancel); i++) {
		const uint64_t word = queue_word(l->number, i);

		pause_before_put(r, l->number, i, cancel);
		crash_if_asked(r, t, i, true);
		l->rc = put_shown(r, t, l, word);
		if (l->rc < 0)
			return;
		sum += queue_mix(word);
		atom_store_rlx(&l->tally->count, i + 1);
		atom_store_rlx(&l->tally->sum, sum);
	}
	trace_emit(&producer_done_event, (int64_t)l->messages, 0, NULL);
}

static int
get_shown(struct queue_run *r, struct queue_end *t, struct queue_load *l)
{
	struct queue_desk *desk = &r->board->desk[t->who];
	int rc = queue_get(t, l->buffer, l->item_bytes, 0);
	uint64_t begin_ns;

	if (rc != -EAGAIN)
		return rc;
	trace_emit(&empty_event, 0, 0, NULL);
	begin_ns = clock_ns();
	rc = queue_get(t, l->buffer, l->item_bytes, QUEUE_FOREVER);
	desk->waited_ns += clock_ns() - begin_ns;
	trace_emit(&waited_event, 0, 0, NULL);
	return rc;
}

/* Enters a message in the books. */
static void
count_message(struct queue_run *r, struct queue_load *l, uint64_t word)
{
	const uint64_t mask = (UINT64_C(1) << QUEUE_NUMBER_BITS) - 1;
	const uint64_t producer = word >> QUEUE_NUMBER_BITS;

	atom_add_rlx(&l->tally->count, 1);
	atom_add_rlx(&l->tally->sum, queue_mix(word));
	/* It may be terminated before it can say so at its end. */
	atom_store_rlx(&l->tally->cpu_ns, clock_thread_cpu_ns());
	atom_store_rlx(&l->tally->end_ns, clock_ns());
	if (!queue_is_whole(l->buffer, l->item_bytes) ||
	    producer >= (uint64_t)l->producers || (word & mask) >= r->messages) {
		atom_add_rlx(&l->tally->corrupt, 1);
		return;
	}
	if ((word & mask) < l->next[producer])
		atom_add_rlx(&l->tally->disorder, 1);
	l->next[producer] = (word & mask) + 1;
	atom_add_rlx(&r->board->seen[message_index(r, word)], 1);
}

static void
consume_shown(struct queue_run *r, struct queue_end *t, struct queue_load *l)
{
	char name[EVENT_TEXT];
	uint64_t word;

	trace_emit(&read_event, 0, 0, r->crew_kind->noun);
	for (uint64_t i = 0;; i++) {
		crash_if_asked(r, t, i, false);
		l->rc = get_shown(r, t, l);
		if (l->rc < 0)
			break;
		memcpy(&word, l->buffer, 8);
		if (word == QUEUE_SENTINEL) {
			trace_emit(&sentinel_event, 0, 0, NULL);
			queue_task_done(t->q);
			break;
		}
		queue_message_name(r, word, name, sizeof(name));
		trace_emit(&get_event, (int64_t)message_index(r, word), l->rc, name);
		count_message(r, l, word);
		queue_task_done(t->q);
	}
	if (l->rc == -EPIPE)
		trace_emit(&end_event, 0, 0, NULL);
}

/* Measuring, all begin together; those that wait for others to be started do not
 * count. */
static void
meet(struct queue_run *r, const atom_u32 *cancel)
{
	unsigned spins = 0;

	atom_add_rlx(&r->board->arrived, 1);
	while (atom_load_rlx(&r->board->arrived) < (uint32_t)r->crew.n &&
	       !atom_load_rlx(cancel))
		lock_spin(&spins);
}

/* The last producer ends the consumers. */
static void
produce_measured(struct queue_run *r, struct queue_end *t, struct queue_load *l)
{
	queue_produce(t, l);
	if (l->rc < 0 || atom_sub_acq_rel(&r->board->producing, 1) != 1) /* D */
		return;
	queue_fill(l->buffer, l->item_bytes, QUEUE_SENTINEL);
	for (int64_t i = 0; i < r->opts->consumers && l->rc == 0; i++)
		l->rc = queue_put(t, l->buffer, l->item_bytes, QUEUE_FOREVER);
}

static void
work(struct queue_run *r, struct queue_end *t, struct queue_load *l, bool producer)
{
	if (r->shown)
		(producer ? produce_shown : consume_shown)(r, t, l);
	else if (producer)
		produce_measured(r, t, l);
	else
		queue_consume(t, l);
}

/* CPU time and context switches of the calling thread so far. */
static void
usage(uint64_t *cpu_ns, struct rusage *ru)
{
	*cpu_ns = clock_thread_cpu_ns();
	getrusage(RUSAGE_THREAD, ru);
}

int
queue_worker(struct crew *c, int number, void *arg)
{
	struct queue_run *r = arg;
	const struct queue_opts *o = r->opts;
	const bool producer = number < o->producers;
	struct queue_tally *y = &r->board->desk[number].tally;
	struct queue_load l = { .messages = r->messages,
				.item_bytes = r->books->item_bytes,
				.number = number,
				.producers = (int)o->producers,
				.tally = y };
	struct queue_end t;
	struct rusage before, after;
	uint64_t cpu0_ns, cpu1_ns;

	l.buffer = r->board->buffer + (size_t)number * ((l.item_bytes + 127) & ~127ul);
	if (!producer)
		l.next = r->board->next +
			 (size_t)(number - o->producers) * (size_t)o->producers;
	queue_attach(&r->q, &t, number);
	while (!atom_load_acq(&r->board->gate) && /* G */
	       !atom_load_rlx(&c->block[number].cancel))
		futex_wait(&r->board->gate, 0, clock_deadline_ns(10 * NS_PER_MS));
	if (!r->shown)
		meet(r, &c->block[number].cancel);
	usage(&cpu0_ns, &before);
	atom_store_rlx(&y->begin_ns, clock_ns());
	work(r, &t, &l, producer);
	atom_store_rlx(&y->end_ns, clock_ns());
	usage(&cpu1_ns, &after);
	atom_store_rlx(&y->cpu_ns, cpu1_ns - cpu0_ns);
	atom_store_rlx(&y->voluntary, (uint64_t)(after.ru_nvcsw - before.ru_nvcsw));
	atom_store_rlx(&y->involuntary, (uint64_t)(after.ru_nivcsw - before.ru_nivcsw));
	atom_store_rlx(&y->sleeps, t.sleeps);
	return l.rc < 0 && l.rc != -EPIPE && l.rc != -ECANCELED ? 1 : 0;
}
