/*
 * hub_timer.h - the heap of timers of a hub; for core/hub*.c alone.
 */
#ifndef CORE_HUB_TIMER_H
#define CORE_HUB_TIMER_H

#include "core/hub.h"

/* Room for the timers of n tasks. 0 or -ENOMEM. */
int hub_timer_reserve(struct hub *h, size_t n);

/* t wants to run at t->deadline_ns. */
void hub_timer_add(struct hub *h, struct task *t);
void hub_timer_remove(struct hub *h, struct task *t);

#endif
