/*
 * preload_table.c - `concbench lock --preload`: a row a mutex.
 */
#include "scenarios/lock/preload.h"

#include <stdio.h>
#include <stdlib.h>

/* Mutexes that are shown one by one; -v: all. */
enum { ROWS_MAX = 12 };

static const struct result_column columns[] = {
	{ "mutex", "mutex, by its first taker", COLUMN_TEXT },
	{ "acquired", "acquired", COLUMN_NUMBER },
	{ "contended_pct", "waited", COLUMN_PERCENT },
	{ "wait_total_ns", "waits", COLUMN_NS },
	{ "wait_p50_ns", "wait p50", COLUMN_NS },
	{ "wait_p99_ns", "p99", COLUMN_NS },
	{ "wait_max_ns", "max", COLUMN_NS },
	{ "hold_p50_ns", "hold p50", COLUMN_NS },
	{ "hold_p99_ns", "p99", COLUMN_NS },
	{ "hold_max_ns", "max", COLUMN_NS },
	{ "type", "type", COLUMN_TEXT },
	{ "mutexes", "mutexes", COLUMN_NUMBER },
	{ "contended", "contended", COLUMN_NUMBER },
	{ "cond_waits", "cond waits", COLUMN_NUMBER },
	{ "module", "module", COLUMN_TEXT },
	{ "offset", "offset", COLUMN_TEXT },
};

enum {
	C_MUTEX,
	C_ACQUIRED,
	C_SHARE,
	C_WAITS,
	C_WAIT50,
	C_HOLD50 = C_WAIT50 + 3,
	C_SHOWN = C_HOLD50 + 3, /* so far for people; all for machines */
	C_TYPE = C_SHOWN,
	C_MUTEXES,
	C_CONTENDED,
	C_COND,
	C_MODULE,
	C_OFFSET,
	C_COUNT
};

static void
put_times(struct result_table *t, size_t row, size_t column, const struct hist *h)
{
	if (h->count == 0)
		return;
	result_number(t, row, column, (double)hist_quantile(h, 0.5));
	result_number(t, row, column + 1, (double)hist_quantile(h, 0.99));
	result_number(t, row, column + 2, (double)h->max);
}

static void
put_row(struct result *r, struct result_table *t, const struct preload_row *m)
{
	static const char *const types[] = { "plain", "recursive", "checking",
					     "adaptive" };
	const size_t row = result_row(r, t);
	char offset[24];

	result_text(r, t, row, C_MUTEX, m->name);
	result_number(t, row, C_ACQUIRED, (double)m->acquired);
	if (m->acquired > 0)
		result_number(t, row, C_SHARE,
			      100 * (double)m->contended / (double)m->acquired);
	result_number(t, row, C_WAITS, (double)m->wait_ns);
	put_times(t, row, C_WAIT50, m->wait);
	put_times(t, row, C_HOLD50, m->hold);
	if (t == NULL || t->ncolumns <= C_SHOWN)
		return;
	result_text(r, t, row, C_TYPE, types[m->type & 3]);
	result_number(t, row, C_MUTEXES, (double)m->mutexes);
	result_number(t, row, C_CONTENDED, (double)m->contended);
	result_number(t, row, C_COND, (double)m->cond_waits);
	snprintf(offset, sizeof(offset), "0x%llx", (unsigned long long)m->site.offset);
	result_text(r, t, row, C_MODULE, m->site.module);
	result_text(r, t, row, C_OFFSET, offset);
}

/* The rest in one row. */
static void
put_others(struct result *r, struct result_table *t, const struct preload_book *b,
	   size_t first)
{
	struct preload_row sum = { .type = b->row[first].type,
				   .wait = malloc(sizeof(struct hist)),
				   .hold = malloc(sizeof(struct hist)) };

	if (sum.wait != NULL && sum.hold != NULL) {
		hist_init(sum.wait);
		hist_init(sum.hold);
		for (size_t i = first; i < b->n; i++) {
			const struct preload_row *m = &b->row[i];

			sum.mutexes += m->mutexes;
			sum.acquired += m->acquired;
			sum.contended += m->contended;
			sum.wait_ns += m->wait_ns;
			sum.cond_waits += m->cond_waits;
			hist_merge(sum.wait, m->wait);
			hist_merge(sum.hold, m->hold);
		}
		snprintf(sum.name, sizeof(sum.name), "the other %zu", b->n - first);
		put_row(r, t, &sum);
	}
	free(sum.wait);
	free(sum.hold);
}

void
preload_table(struct preload_session *s, struct preload_way *w)
{
	struct result *r = s->run->result;
	struct preload_book *b = &w->book;
	const size_t shown = s->run->verbose || b->n <= ROWS_MAX + 1 ? b->n : ROWS_MAX;
	struct result_table *t;

	preload_settle(b);
	if (b->n == 0)
		return;
	t = result_table(r, "mutexes", w->name, 0, columns, C_SHOWN);
	for (size_t i = 0; i < shown; i++)
		put_row(r, t, &b->row[i]);
	if (shown < b->n)
		put_others(r, t, b, shown);
	/* The same, all of them and with their places, for machines. */
	t = result_table(r, "mutex_places", w->name, 0, columns, C_COUNT);
	if (t != NULL)
		t->quiet = true;
	for (size_t i = 0; i < b->n; i++)
		put_row(r, t, &b->row[i]);
}
