/*
 * preload_report.c - `concbench lock --preload`: what it found out.
 */
#include "scenarios/lock/preload.h"

#include "core/human.h"
#include "core/stat.h"
#include "core/verdict.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void
tell_mutexes(struct preload_session *s, struct preload_way *w)
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

/* The one that cost most. */
static void
tell_worst(struct preload_session *s, const struct preload_way *w)
{
	const struct preload_row *m = w->book.row;
	char waits[HUMAN_TEXT], wait[HUMAN_TEXT], hold[HUMAN_TEXT], held[64] = "";

	if (w->book.n == 0)
		return;
	if (m->contended == 0) {
		result_line(s->run->result, "%s: nobody ever waited for a mutex",
			    w->name);
		return;
	}
	if (m->hold->count > 0)
		snprintf(held, sizeof(held), "; held for %s (median)",
			 human_ns(hold, (double)hist_quantile(m->hold, 0.5)));
	result_line(s->run->result,
		    "%s: most waited for: %s, %llu of %llu times, %s in all, %s at "
		    "p99%s",
		    w->name, m->name, (unsigned long long)m->contended,
		    (unsigned long long)m->acquired,
		    human_ns(waits, (double)m->wait_ns),
		    human_ns(wait, (double)hist_quantile(m->wait, 0.99)), held);
}

/* What there is to say about what was not measured. */
static void
tell_books(struct preload_session *s, const struct preload_way *w)
{
	struct result *r = s->run->result;
	const struct preload_book *b = &w->book;
	const uint64_t passed =
		b->passed_shared + b->passed_robust + b->passed_priority;

	if (b->runs == 0)
		return;
	result_check(r, w->name, "the library was loaded", b->loaded >= b->runs,
		     "by %u processes in %llu runs", b->loaded,
		     (unsigned long long)b->runs);
	if (b->refused != 0)
		result_warn(r,
			    "%s: a lock could not be made: %s; those mutexes were "
			    "left to the C library",
			    w->name, strerror((int)b->refused));
	if (b->n == 0)
		result_line(r, "%s: the program used no mutex that could be ours",
			    w->name);
	if (passed > 0)
		result_line(r,
			    "%s: left to the C library: %llu operations on mutexes "
			    "between processes, %llu on robust ones, %llu on ones with "
			    "a priority protocol",
			    w->name, (unsigned long long)b->passed_shared,
			    (unsigned long long)b->passed_robust,
			    (unsigned long long)b->passed_priority);
	if (b->unlisted > 0)
		result_line(r,
			    "%s: %llu acquisitions were of mutexes beyond the first %d "
			    "of a process, which have no row",
			    w->name, (unsigned long long)b->unlisted, PRELOAD_MUTEXES);
	if (b->lost_processes > 0)
		result_line(r, "%s: %u processes were too many to be measured", w->name,
			    b->lost_processes);
	if (b->passed_memory > 0 && b->refused == 0)
		result_line(r, "%s: there was no memory for some of its mutexes",
			    w->name);
}

/* "0.87 times the time under mutex (0.85 to 0.90)" */
static void
compare(const struct preload_way *w, const struct preload_way *base, char *buf,
	size_t size, struct verdict *v)
{
	const struct verdict_limits limits = { 0, 0.02 };
	const size_t n = w->n < base->n ? w->n : base->n;
	double *ratio = calloc(n == 0 ? 1 : n, sizeof(*ratio));

	buf[0] = '\0';
	*v = (struct verdict){ .word = VERDICT_INCONCLUSIVE };
	if (ratio != NULL && n > 0 && w != base) {
		for (size_t i = 0; i < n; i++)
			ratio[i] = w->wall_ns[i] / base->wall_ns[i];
		verdict_judge_pairs(ratio, n, BETTER_LOWER, &limits, v);
		if (n > 1)
			snprintf(buf, size, ", %.3f times that under %s (%.3f to %.3f)",
				 v->ratio, base->name, v->range.low, v->range.high);
		else
			snprintf(buf, size, ", %.3f times that under %s", ratio[0],
				 base->name);
	}
	free(ratio);
}

static void
tell_time(struct preload_session *s, const struct preload_way *w)
{
	struct result *r = s->run->result;
	char median[HUMAN_TEXT], low[HUMAN_TEXT], high[HUMAN_TEXT], cpu[HUMAN_TEXT];
	char range[96] = "", ratio[96];
	struct stat_interval i;
	struct verdict v;

	for (size_t k = 0; k < w->n; k++) {
		result_sample(
			r, result_series(r, w->name, 0, &lock_metrics[METRIC_PROGRAM]),
			w->wall_ns[k]);
		result_sample(
			r,
			result_series(r, w->name, 0, &lock_metrics[METRIC_PROGRAM_CPU]),
			w->cpu_ns[k]);
	}
	if (w->n == 0)
		return;
	i = stat_median_series(w->wall_ns, w->n, 0.95);
	if (w->n > 1)
		snprintf(range, sizeof(range), " (%s to %s)", human_ns(low, i.low),
			 human_ns(high, i.high));
	compare(w, &s->way[0], ratio, sizeof(ratio), &v);
	result_line(r, "%s: %s%s%s; CPU %s", w->name,
		    human_ns(median, stat_median(w->wall_ns, w->n)), range, ratio,
		    human_ns(cpu, stat_median(w->cpu_ns, w->n)));
	if (w->failures > 0)
		result_line(r, "%s: it failed %llu of %zu times, first with status %d",
			    w->name, (unsigned long long)w->failures, w->n,
			    preload_status(w->exitcode));
}

/* Which one it likes best, and whether that is known. */
static void
tell_best(struct preload_session *s)
{
	struct preload_way *best = NULL, *second = NULL;
	char ratio[96];
	struct verdict v;

	for (size_t i = 0; i < s->nways; i++) {
		struct preload_way *w = &s->way[i];
		const double x = stat_median(w->wall_ns, w->n);

		if (w->kind == NULL || w->n == 0 || w->failures > 0)
			continue;
		if (best == NULL || x < stat_median(best->wall_ns, best->n)) {
			second = best;
			best = w;
		} else if (second == NULL ||
			   x < stat_median(second->wall_ns, second->n)) {
			second = w;
		}
	}
	if (second == NULL)
		return;
	compare(best, second, ratio, sizeof(ratio), &v);
	if (v.word == VERDICT_FASTER)
		result_line(s->run->result, "it likes '%s' best%s", best->name, ratio);
	else if (v.word == VERDICT_SAME)
		result_line(s->run->result,
			    "it likes '%s' best, but '%s' is the same within 2 %%%s",
			    best->name, second->name, ratio);
	else
		result_line(s->run->result,
			    "'%s' was quickest, but that may be chance%s%s", best->name,
			    ratio,
			    best->n < VERDICT_SAMPLES_MIN ? "; --runs 7 tells" : "");
}

void
preload_report(struct preload_session *s)
{
	struct result *r = s->run->result;

	for (size_t i = 0; i < s->nways; i++) {
		struct preload_way *w = &s->way[i];

		tell_time(s, w);
		tell_mutexes(s, w);
		tell_worst(s, w);
		tell_books(s, w);
		if (r->status == 0 && w->failures > 0)
			r->status = preload_status(w->exitcode);
	}
	tell_best(s);
}
