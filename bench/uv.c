/*
 * uv.c - libuv: uv_queue_work() with an empty after-work callback.
 *
 * The requests are allocated and touched before the clock starts. --window W keeps at
 * most W requests queued: the after-work callback of one queues the next. 0, the
 * default, queues all of them before the loop runs.
 */
#include "bench/peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

struct request {
	uv_work_t work;
	uint64_t number;
};

static struct request *request;
static uint64_t nrequests, window, next, submitted, work_iters;

static void
work(uv_work_t *w)
{
	peer_task(((struct request *)w)->number, work_iters);
}

static void
submit(struct request *r, uv_after_work_cb after)
{
	int rc;

	r->number = next++;
	rc = uv_queue_work(uv_default_loop(), &r->work, work, after);
	if (rc != 0)
		peer_die("uv_queue_work", -rc);
}

static void
after_work(uv_work_t *w, int status)
{
	(void)w;
	(void)status;
}

static void
after_work_next(uv_work_t *w, int status)
{
	(void)status;
	if (next < submitted)
		submit((struct request *)w, after_work_next);
}

static int
init(const struct peer_args *args)
{
	char text[16];

	snprintf(text, sizeof text, "%d", args->workers);
	if (setenv("UV_THREADPOOL_SIZE", text, 1) != 0)
		peer_die("setenv", errno);
	window = args->option;
	return args->workers;
}

static void
ready(uint64_t n)
{
	uint64_t want = window != 0 && window < n ? window : n;

	if (want <= nrequests)
		return;
	free(request);
	request = malloc(want * sizeof *request);
	if (request == NULL)
		peer_die("memory for the requests", ENOMEM);
	memset(request, 0, want * sizeof *request);
	nrequests = want;
}

static void
batch(uint64_t n, uint64_t iters)
{
	uint64_t first = window != 0 && window < n ? window : n;
	uv_after_work_cb after = first < n ? after_work_next : after_work;

	work_iters = iters;
	next = 0;
	submitted = n;
	for (uint64_t i = 0; i < first; i++)
		submit(&request[i], after);
	uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}

static void
lone(uint64_t number, uint64_t iters)
{
	work_iters = iters;
	next = number;
	submit(&request[0], after_work);
	uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}

static void
fini(void)
{
	uv_loop_close(uv_default_loop());
	free(request);
}

int
main(int argc, char **argv)
{
	static const struct peer peer = {
		.name = "uv",
		.option = "--window",
		.version = uv_version_string,
		.init = init,
		.ready = ready,
		.batch = batch,
		.lone = lone,
		.fini = fini,
	};

	return peer_main(argc, argv, &peer);
}
