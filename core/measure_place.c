/*
 * measure_place.c - where a subject runs, and its single operations timed apart.
 */
#include "core/measure.h"

#include "core/clock.h"
#include "core/sys.h"

#include <errno.h>
#include <stdlib.h>

enum { TIMED_EVERY = 4 };

void
measure_enter(const struct measure *m, const struct measure_subject *s)
{
	static bool is_placed; /* the measuring thread is */
	bool alone = false;

	if (s != NULL && m->config.enter != NULL)
		m->config.enter(m->config.enter_arg, s);
	if (s != NULL && s->pin != NULL && s->pin->policy != PIN_NONE)
		alone = s->body->flags & (MEASURE_ALONE | MEASURE_INHERITS);
	if (alone)
		sys_place(sys_pin_cpu(s->pin, 0));
	else if (is_placed)
		sys_place(-1);
	is_placed = alone;
}

int
measure_time_apart(struct measure *m, struct measure_subject *s,
		   const struct measure_round *rd, struct err *e)
{
	const double value = (double)rd->wall_ns / (double)rd->ops;
	const uint64_t iterations = s->batch / TIMED_EVERY;
	struct measure_round timed;
	struct measure_did did;
	double *all;
	int rc;

	if (!s->apart || s->nrounds % TIMED_EVERY != 1 || iterations == 0)
		return 0;
	rc = measure_batch(m, s, iterations, &timed, &did, e);
	if (rc != 0 || did.ops == 0 || value <= 0)
		return rc;
	all = reallocarray(s->timed, s->ntimed + 1, sizeof(*all));
	if (all == NULL)
		return err_set(e, ENOMEM, "no memory for the rounds");
	s->timed = all;
	all[s->ntimed++] = (double)timed.wall_ns / (double)did.ops / value;
	return 0;
}
