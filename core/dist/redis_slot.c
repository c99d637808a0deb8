/*
 * redis_slot.c - the tasks that a worker holds.
 */
#include "core/dist/redis_worker.h"

#ifdef CONCBENCH_HIREDIS
#include <stdlib.h>

unsigned
redis_slots(const struct dist_worker *w, enum redis_hold hold)
{
	return w->held[hold];
}

unsigned
redis_slot_of(const struct dist_worker *w, uint64_t number)
{
	for (unsigned i = 0; i < w->nslots; i++)
		if (w->slot[i].hold != HOLD_FREE && w->slot[i].number == number)
			return i;
	return REDIS_SLOTS_MAX;
}

unsigned
redis_slot_first(const struct dist_worker *w, enum redis_hold hold)
{
	unsigned best = REDIS_SLOTS_MAX;

	for (unsigned i = 0; i < w->nslots; i++)
		if (w->slot[i].hold == hold &&
		    (best == REDIS_SLOTS_MAX ||
		     w->slot[i].number < w->slot[best].number))
			best = i;
	return best;
}

void
redis_slot_set(struct dist_worker *w, unsigned slot, enum redis_hold hold)
{
	pthread_mutex_lock(&w->mutex);
	w->held[w->slot[slot].hold]--;
	w->held[hold]++;
	w->slot[slot].hold = hold;
	pthread_mutex_unlock(&w->mutex);
	if (hold == HOLD_FREE) {
		free(w->slot[slot].data);
		w->slot[slot].data = NULL;
	}
}

unsigned
redis_slot_add(struct dist_worker *w, uint64_t number, uint32_t attempt, void *data,
	       size_t bytes, enum redis_hold hold)
{
	unsigned i = 0;

	while (i < REDIS_SLOTS_MAX && w->slot[i].hold != HOLD_FREE)
		i++;
	if (i == REDIS_SLOTS_MAX) {
		free(data);
		return i;
	}
	pthread_mutex_lock(&w->mutex);
	w->nslots = i < w->nslots ? w->nslots : i + 1;
	w->held[hold]++;
	w->slot[i] = (struct redis_slot){ .hold = hold,
					  .number = number,
					  .attempt = attempt,
					  .data = data,
					  .bytes = bytes };
	pthread_mutex_unlock(&w->mutex);
	return i;
}
#endif
