/*
 * books.c - were all tasks done, once each, and by whom.
 */
#include "scenarios/versus/versus_run.h"

#include <stdlib.h>

static int
compare_ids(const void *a, const void *b)
{
	const int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

/* Sorts ids; how many different ones, 0 not counted. */
static int
count_distinct(int *ids, int n)
{
	int distinct = 0;

	qsort(ids, (size_t)n, sizeof(*ids), compare_ids);
	for (int i = 0; i < n; i++)
		distinct += ids[i] != 0 && (i == 0 || ids[i] != ids[i - 1]);
	return distinct;
}

static void
widen(int *min, int *max, int value, bool first)
{
	*min = first || value < *min ? value : *min;
	*max = first || value > *max ? value : *max;
}

void
versus_examine(struct versus_run *v, struct versus_entry *entry)
{
	const struct versus_job *job = &v->job;
	int *pids = v->ids, *tids = v->ids + job->tasks;
	const bool first = entry->runs++ == 0;

	for (int i = 0; i < job->tasks; i++) {
		const struct versus_task *t = &job->task[i];
		const uint32_t runs = atom_load_rlx(&t->runs);

		pids[i] = t->pid;
		tids[i] = t->tid;
		entry->missed += runs == 0;
		entry->repeated += runs > 1;
		entry->wrong += runs > 0 && t->token != versus_token(job->seed, i);
		entry->failed += t->error != 0;
		if (entry->first_error == 0)
			entry->first_error = t->error;
	}
	widen(&entry->processes_min, &entry->processes_max,
	      count_distinct(pids, job->tasks), first);
	widen(&entry->threads_min, &entry->threads_max,
	      count_distinct(tids, job->tasks), first);
}
