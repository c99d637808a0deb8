/*
 * pool_map.c - apply, map and imap: what callers build from apply_async and get.
 */
#include "core/pool.h"

#include "core/pool_ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
pool_apply(struct pool *p, pool_fn *fn, uint64_t arg, struct pool_outcome *outcome,
	   struct err *e)
{
	struct pool_async a = { .task = 0 };
	int rc = pool_apply_async(p, fn, arg, &a, e);

	if (rc == 0)
		rc = pool_get(p, &a, UINT64_MAX, e);
	if (rc != 0) {
		pool_abandon(p, &a);
		return rc;
	}
	*outcome = a.outcome;
	return 0;
}

/* --- map ------------------------------------------------------------------- */

/* What lies in the payload of a chunk: n arguments, then n results. Arguments stay,
 * for a chunk may be run again. */
struct chunk {
	pool_fn *fn;
	uint64_t n;
	int64_t value[];
};

size_t
pool_chunk_bytes(size_t chunk)
{
	return sizeof(struct chunk) + 2 * chunk * sizeof(int64_t);
}

size_t
pool_map_chunk(size_t n, int workers)
{
	size_t parts = 4 * (size_t)workers;

	return n == 0 ? 1 : (n + parts - 1) / parts;
}

/* The task that runs a chunk: stops at its first failure, as Python's does. */
static int64_t
run_chunk(struct pool_call *call)
{
	struct chunk *c = call->payload;

	for (uint64_t i = 0; i < c->n && call->error == 0; i++) {
		call->arg = (uint64_t)c->value[i];
		c->value[c->n + i] = c->fn(call);
	}
	return (int64_t)c->n;
}

/* One map: chunks in flight, oldest first. */
struct map_run {
	struct pool *pool;
	pool_fn *fn;
	const uint64_t *args;
	int64_t *results;
	size_t n, chunk, submitted, taken;
	struct pool_async *window; /* of `max` */
	size_t max;
	struct pool_outcome *failed;
	bool has_failed;
};

static int
submit_chunk(struct map_run *m, struct err *e)
{
	const size_t begin = m->submitted * m->chunk;
	const size_t n = m->n - begin < m->chunk ? m->n - begin : m->chunk;
	struct pool_async *a = &m->window[m->submitted % m->max];
	struct chunk *c;
	int rc;

	if (m->chunk == 1) {
		rc = pool_apply_async(m->pool, m->fn, m->args[begin], a, e);
	} else {
		c = pool_payload(m->pool, e);
		if (c == NULL)
			return -e->code;
		c->fn = m->fn;
		c->n = n;
		memcpy(c->value, &m->args[begin], n * sizeof(*c->value));
		rc = pool_apply_async(m->pool, run_chunk, 0, a, e);
	}
	m->submitted += rc == 0;
	return rc;
}

/* Waits for the oldest chunk and takes its results. */
static int
take_chunk(struct map_run *m, struct err *e)
{
	const size_t begin = m->taken * m->chunk;
	const size_t n = m->n - begin < m->chunk ? m->n - begin : m->chunk;
	struct pool_async *a = &m->window[m->taken % m->max];
	const struct chunk *c;
	int rc = pool_get(m->pool, a, UINT64_MAX, e);

	if (rc != 0)
		return rc;
	if (a->outcome.status != POOL_DONE) {
		if (!m->has_failed && m->failed != NULL)
			*m->failed = a->outcome;
		m->has_failed = true;
	} else if (m->chunk == 1) {
		m->results[begin] = a->outcome.result;
	} else {
		/* Its slot is not used again before this many more were submitted. */
		c = pool_payload_of(m->pool, a->task);
		memcpy(&m->results[begin], &c->value[n], n * sizeof(*c->value));
	}
	m->taken++;
	return 0;
}

int
pool_map(struct pool *p, pool_fn *fn, const uint64_t *args, size_t n, size_t chunk,
	 int64_t *results, struct pool_outcome *failed, struct err *e)
{
	struct map_run m = { .pool = p,
			     .fn = fn,
			     .args = args,
			     .results = results,
			     .n = n,
			     .failed = failed };
	size_t chunks;
	int rc = 0;

	m.chunk = chunk ? chunk : pool_map_chunk(n, p->config.workers);
	if (m.chunk > 1 && p->config.payload_bytes < pool_chunk_bytes(m.chunk))
		return err_set(e, EINVAL, "chunks of %zu need larger payloads",
			       m.chunk);
	chunks = (n + m.chunk - 1) / m.chunk;
	if (n == 0)
		return 0;
	m.max = chunks < p->config.capacity ? chunks : p->config.capacity;
	m.window = calloc(m.max, sizeof(*m.window));
	if (m.window == NULL)
		return err_set(e, ENOMEM, "no memory for a map of %zu", n);
	while (rc == 0 && m.taken < chunks) {
		if (m.submitted < chunks && m.submitted - m.taken < m.max)
			rc = submit_chunk(&m, e);
		else
			rc = take_chunk(&m, e);
	}
	for (; m.taken < m.submitted; m.taken++)
		pool_abandon(p, &m.window[m.taken % m.max]);
	free(m.window);
	if (rc == 0 && m.has_failed)
		rc = err_set(e, EIO, "a task of the map did not finish well");
	return rc;
}

/* --- imap ------------------------------------------------------------------ */

/* Hands in as many as the window has room for. */
static int
fill_window(struct pool_imap *it, struct err *e)
{
	int rc = 0;

	while (rc == 0 && it->submitted < it->n &&
	       it->submitted - it->given < it->window_max) {
		rc = pool_apply_async(it->pool, it->fn, it->args[it->submitted],
				      &it->window[it->submitted % it->window_max], e);
		it->submitted += rc == 0;
	}
	return rc;
}

int
pool_imap(struct pool_imap *it, struct pool *p, pool_fn *fn, const uint64_t *args,
	  size_t n, struct err *e)
{
	int rc;

	*it = (struct pool_imap){ .pool = p, .fn = fn, .args = args, .n = n };
	it->window_max = p->config.capacity;
	it->window = calloc(it->window_max, sizeof(*it->window));
	if (it->window == NULL)
		return err_set(e, ENOMEM, "no memory for an imap");
	rc = fill_window(it, e);
	if (rc != 0)
		pool_imap_fini(it);
	return rc;
}

int
pool_imap_next(struct pool_imap *it, uint64_t deadline_ns, struct pool_outcome *out,
	       struct err *e)
{
	struct pool_async *a;
	int rc = fill_window(it, e);

	/* A pool closed meanwhile still gives what was handed in before. */
	if (rc != 0 && (rc != -EINVAL || it->given == it->submitted))
		return rc;
	if (it->given == it->n)
		return 0;
	a = &it->window[it->given % it->window_max];
	rc = pool_get(it->pool, a, deadline_ns, e);
	if (rc != 0)
		return rc;
	it->given++;
	*out = a->outcome;
	return 1;
}

void
pool_imap_fini(struct pool_imap *it)
{
	struct err ignored;

	for (; it->given < it->submitted; it->given++) {
		struct pool_async *a = &it->window[it->given % it->window_max];

		if (pool_get(it->pool, a, UINT64_MAX, &ignored) != 0)
			pool_abandon(it->pool, a);
	}
	free(it->window);
	it->window = NULL;
}
