/*
 * measure_set.h - a body that makes some of a thing, ends them all, and does so again.
 *
 * What creates processes, threads or commands is measured like this: the operations of
 * a batch are sets of as many as there are workers. Main thread, as bodies are.
 */
#ifndef CORE_MEASURE_SET_H
#define CORE_MEASURE_SET_H

#include "core/measure.h"

/* The first member of the body's state. */
struct measure_set {
	int n;	    /* of a set */
	void *item; /* n of the body's own */
	uint64_t made, ended, well;
};

/*
 * Makes the subject's state, of state_bytes and zeroed, with room for s->workers items
 * of item_bytes, zeroed, too. Returns 0, or -ENOMEM with `what` ("threads") in e.
 */
int measure_set_open(struct measure_subject *s, size_t state_bytes, size_t item_bytes,
		     const char *what, struct err *e);

/*
 * Makes and ends sets by once() until `iterations` are done, which once() counts in
 * did->ops. It returns 0, or -errno with all it made ended. The time of each set goes
 * to s->hist where a set is of one.
 */
int measure_set_run(struct measure_subject *s, uint64_t iterations,
		    struct measure_did *did, struct err *e,
		    int (*once)(struct measure_subject *s, struct measure_did *did,
				struct err *e));

/* True when all that were made have ended, and well; "3 made, 3 reaped, 2 exited with
 * 0" in detail, where `well` is "exited with 0". */
bool measure_set_check(struct measure_subject *s, const char *made, const char *ended,
		       const char *well, char *detail, size_t size);

/* A body's close(). */
void measure_set_close(struct measure_subject *s);

#endif
