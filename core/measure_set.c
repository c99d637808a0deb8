/*
 * measure_set.c - a body that makes some of a thing, ends them all, and does so again.
 */
#include "core/measure_set.h"

#include "core/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int
measure_set_open(struct measure_subject *s, size_t state_bytes, size_t item_bytes,
		 const char *what, struct err *e)
{
	struct measure_set *set = calloc(1, state_bytes);

	if (set != NULL)
		set->item = calloc((size_t)s->workers, item_bytes);
	if (set == NULL || set->item == NULL) {
		free(set);
		return err_set(e, ENOMEM, "cannot make room for %s", what);
	}
	set->n = (int)s->workers;
	s->state = set;
	return 0;
}

int
measure_set_run(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
		struct err *e,
		int (*once)(struct measure_subject *s, struct measure_did *did,
			    struct err *e))
{
	const struct measure_set *set = s->state;
	struct hist *hist = set->n == 1 ? s->hist : NULL;
	uint64_t begin_ns = clock_ns(), now_ns;
	int rc = 0;

	while (did->ops < iterations && rc == 0) {
		rc = once(s, did, e);
		if (hist == NULL)
			continue;
		now_ns = clock_ns();
		hist_add(hist, now_ns - begin_ns);
		begin_ns = now_ns;
	}
	return rc;
}

bool
measure_set_check(struct measure_subject *s, const char *made, const char *ended,
		  const char *well, char *detail, size_t size)
{
	const struct measure_set *set = s->state;

	snprintf(detail, size, "%llu %s, %llu %s, %llu %s",
		 (unsigned long long)set->made, made, (unsigned long long)set->ended,
		 ended, (unsigned long long)set->well, well);
	return set->ended == set->made && set->well == set->made;
}

void
measure_set_close(struct measure_subject *s)
{
	struct measure_set *set = s->state;

	free(set->item);
	free(set);
}
