/*
 * bench.c - what --bench measures: messages through a queue, by kind, capacity and
 * size.
 *
 * The queue is made once; each batch starts its producers and consumers, who meet
 * before they begin. The window is from the first begin to the last end, as the workers
 * stamp it; CPU time is theirs, without that of being started.
 */
#include "scenarios/queue/queue_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { CONTROL_MESSAGES = 1000 };

struct queue_batches {
	struct queue_run r;
	struct queue_config_books books;
	struct queue_totals t; /* of the last batch */
	uint64_t batches, exact;
};

static void
keep(struct queue_run *r)
{
	struct queue_batches *b = (struct queue_batches *)r; /* its first member */

	b->t = queue_total(r);
	b->batches++;
	b->exact += queue_is_exact(r, &b->t) && b->t.put == b->t.asked;
}

static int
open_queue(struct measure_subject *s, struct err *e)
{
	struct queue_batches *b = calloc(1, sizeof(*b));
	int rc;

	if (b == NULL)
		return err_set(e, ENOMEM, "cannot make room for a queue");
	b->books = (struct queue_config_books){ .kind = s->impl,
						.capacity = (size_t)s->arg[0],
						.item_bytes = (size_t)s->arg[1] };
	b->r = (struct queue_run){ .run = s->context,
				   .opts = s->opts,
				   .books = &b->books };
	rc = queue_run_open(&b->r, e);
	if (rc != 0)
		free(b);
	else
		s->state = b;
	return rc;
}

static int
run_batch(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	  struct err *e)
{
	struct queue_batches *b = s->state;
	const uint64_t producers = (uint64_t)b->r.opts->producers;
	const struct queue_totals *t = &b->t;
	int rc;

	if (b->r.aborted) {
		queue_run_close(&b->r);
		rc = queue_run_open(&b->r, e);
		if (rc != 0)
			return rc;
	}
	b->r.messages = (iterations + producers - 1) / producers;
	rc = queue_run_messages(&b->r, keep, e);
	if (rc != 0 || b->r.stopped)
		return rc != 0 ? rc : -EINTR;
	if (b->exact != b->batches || t->disorder != 0 || t->left != 0)
		return err_set(e, EBADMSG,
			       "%llu messages put, %llu got, %llu corrupt, %llu out of "
			       "order, %lld left",
			       (unsigned long long)t->put, (unsigned long long)t->got,
			       (unsigned long long)t->corrupt,
			       (unsigned long long)t->disorder, (long long)t->left);
	did->ops = t->got;
	did->ns = t->end_ns - t->begin_ns;
	did->cpu_ns = t->cpu_ns;
	did->bytes = t->got * b->books.item_bytes;
	did->counted[0] = (double)t->sleeps;
	return 0;
}

static void
close_queue(struct measure_subject *s)
{
	struct queue_batches *b = s->state;

	queue_run_close(&b->r);
	free(b);
}

static const struct metric counts[] = {
	{ "sleeps", "1", BETTER_LOWER, "how often an end went to sleep, per message" },
	{ .name = NULL },
};

static const struct measure_body message = {
	.name = "message",
	.op = "message put and got",
	.summary = "from one message to the next, of all producers and consumers",
	.version = 1,
	.flags = MEASURE_PARALLEL,
	.counts = counts,
	.open = open_queue,
	.run = run_batch,
	.close = close_queue,
};

static int
add(struct run *run, const struct queue_opts *o, struct measure *m, int64_t kind,
    int64_t capacity, int64_t size, struct err *e)
{
	const struct queue_kind *k = queue_kind_table[kind];
	struct measure_subject s = { .body = &message,
				     .kind = k->kind.name,
				     .workers = o->producers + o->consumers,
				     .arg = { capacity, size },
				     .impl = k,
				     .opts = o,
				     .context = run };

	/* A control needs some messages to lose one; a busy machine has few in the time
	 * of a batch. */
	if (k->kind.control)
		s.fixed = CONTROL_MESSAGES * (uint64_t)s.workers;
	snprintf(s.params, sizeof(s.params), "capacity=%lld size=%lld",
		 (long long)capacity, (long long)size);
	return measure_add(m, &s, e);
}

int
queue_bench(struct run *run, const void *opts, struct measure *m, struct err *e)
{
	static const char *const used[] = { "kind", "producers", "consumers",
					    "size", "capacity",	 "between",
					    NULL };
	const struct queue_opts *o = opts;
	const char *other = run_given_but(run, queue_params, used);
	int rc = 0;

	if (other != NULL)
		return err_set(e, EINVAL, "'--%s' is not for --bench", other);
	for (size_t c = 0; c < o->capacities.n; c++)
		for (size_t z = 0; z < o->sizes.n; z++)
			for (size_t k = 0; k < o->kinds.n && rc == 0; k++)
				rc = add(run, o, m, o->kinds.v[k], o->capacities.v[c],
					 o->sizes.v[z], e);
	return rc;
}
