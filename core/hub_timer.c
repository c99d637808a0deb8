/*
 * hub_timer.c - timers of tasks: a binary heap whose entries know their place.
 */
#include "core/hub_timer.h"

#include <errno.h>
#include <stdlib.h>

int
hub_timer_reserve(struct hub *h, size_t n)
{
	size_t max = h->timers_max == 0 ? 64 : h->timers_max;
	struct hub_timer *timer;

	if (n <= h->timers_max)
		return 0;
	while (max < n)
		max *= 2;
	timer = realloc(h->timer, max * sizeof(*timer));
	if (timer == NULL)
		return -ENOMEM;
	h->timer = timer;
	h->timers_max = max;
	return 0;
}

static void
place(struct hub *h, size_t i, struct hub_timer timer)
{
	h->timer[i] = timer;
	timer.task->timer = i + 1;
}

static void
sift_up(struct hub *h, size_t i, struct hub_timer timer)
{
	for (size_t up; i > 0; i = up) {
		up = (i - 1) / 2;
		if (h->timer[up].deadline_ns <= timer.deadline_ns)
			break;
		place(h, i, h->timer[up]);
	}
	place(h, i, timer);
}

static void
sift_down(struct hub *h, size_t i, struct hub_timer timer)
{
	for (size_t down; (down = 2 * i + 1) < h->ntimers; i = down) {
		if (down + 1 < h->ntimers &&
		    h->timer[down + 1].deadline_ns < h->timer[down].deadline_ns)
			down++;
		if (h->timer[down].deadline_ns >= timer.deadline_ns)
			break;
		place(h, i, h->timer[down]);
	}
	place(h, i, timer);
}

void
hub_timer_add(struct hub *h, struct task *t)
{
	/* Room was made when the task was. */
	sift_up(h, h->ntimers++, (struct hub_timer){ t->deadline_ns, t });
}

void
hub_timer_remove(struct hub *h, struct task *t)
{
	const size_t i = t->timer - 1;
	struct hub_timer last;

	if (t->timer == 0)
		return;
	t->timer = 0;
	last = h->timer[--h->ntimers];
	if (last.task == t)
		return;
	if (i > 0 && h->timer[(i - 1) / 2].deadline_ns > last.deadline_ns)
		sift_up(h, i, last);
	else
		sift_down(h, i, last);
}
