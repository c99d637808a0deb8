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
		preload_table(s, w);
		tell_worst(s, w);
		tell_books(s, w);
		if (r->status == 0 && w->failures > 0)
			r->status = preload_status(w->exitcode);
	}
	tell_best(s);
}
