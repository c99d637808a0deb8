/*
 * glib.c - GLib: an exclusive GThreadPool, g_thread_pool_push() a task.
 *
 * The end of a batch is the way GLib offers: g_thread_pool_free() that waits. The
 * next pool is made outside the time. The end of a lone task comes back through a
 * GAsyncQueue.
 */
#include "bench/peer.h"

#include <glib.h>
#include <stddef.h>

static GThreadPool *pool;
static GAsyncQueue *results; /* lone tasks */
static gint nworkers;
static uint64_t task_iters;

static void
task(gpointer data, gpointer answer)
{
	/* A pool refuses NULL: numbers travel plus one. */
	peer_task((uint64_t)GPOINTER_TO_SIZE(data) - 1, task_iters);
	if (answer != NULL)
		g_async_queue_push(results, data);
}

static void
start(gpointer answer)
{
	pool = g_thread_pool_new(task, answer, nworkers, TRUE, NULL);
	if (pool == NULL)
		g_error("g_thread_pool_new failed");
}

static const char *
version(void)
{
	static char text[32];

	g_snprintf(text, sizeof text, "%u.%u.%u", glib_major_version,
		   glib_minor_version, glib_micro_version);
	return text;
}

static int
init(const struct peer_args *args)
{
	nworkers = args->workers;
	return args->workers;
}

static void
ready(uint64_t n)
{
	(void)n;
	start(NULL);
}

static void
batch(uint64_t n, uint64_t iters)
{
	task_iters = iters;
	for (uint64_t i = 0; i < n; i++)
		g_thread_pool_push(pool, GSIZE_TO_POINTER(i + 1), NULL);
	g_thread_pool_free(pool, FALSE, TRUE);
	pool = NULL;
}

static void
lone(uint64_t number, uint64_t iters)
{
	if (results == NULL) {
		results = g_async_queue_new();
		start(results);
	}
	task_iters = iters;
	g_thread_pool_push(pool, GSIZE_TO_POINTER(number + 1), NULL);
	g_async_queue_pop(results);
}

static void
fini(void)
{
	if (pool != NULL)
		g_thread_pool_free(pool, FALSE, TRUE);
	if (results != NULL)
		g_async_queue_unref(results);
}

int
main(int argc, char **argv)
{
	static const struct peer peer = {
		.name = "glib",
		.version = version,
		.init = init,
		.ready = ready,
		.batch = batch,
		.lone = lone,
		.fini = fini,
	};

	return peer_main(argc, argv, &peer);
}
