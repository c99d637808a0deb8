/*
 * dist_serving.h - a master of the embedded engine that a thread serves meanwhile.
 */
#ifndef TESTS_DIST_SERVING_H
#define TESTS_DIST_SERVING_H

#include "core/dist/engine.h"
#include "core/stop.h"

#include <pthread.h>

static const struct dist_engine *g;
static struct dist_master *m;
static struct stop stop;
static pthread_t thread;
static char address[96];
static uint64_t results; /* the thread's, until it has ended */

static void *
serve(void *arg)
{
	struct dist_result r;
	struct err e;

	(void)arg;
	while (g->wait(m, DIST_RESULT, -1, UINT64_MAX, &e) >= 0)
		while (g->result(m, &r, &e) == 1)
			results++;
	return NULL;
}

#endif
