/*
 * fetch.c - `concbench coro fetch`: downloads, one coroutine each, in one thread.
 *
 * Names, TLS and HTTP are libcurl's (multi socket interface); it is driven by our
 * event loop: its descriptors are in an epoll of their own, which one coroutine waits
 * for, and its timer is that coroutine's deadline.
 */
#include "scenarios/coro/coro_run.h"

#include "core/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#ifdef CONCBENCH_CURL
#include <curl/curl.h>

#define STACK_BYTES ((size_t)256 << 10) /* TLS handshakes are deep */
#define PROGRESS_NS (500 * NS_PER_MS)

enum { REDIRECTS_MAX = 10, EVENTS_MAX = 64, HTTP_ERROR = 400 };

struct fetcher;

struct download {
	struct fetcher *fetcher;
	const char *url;
	CURL *easy;
	struct hub_event finished;
	uint64_t begin_ns, end_ns, told_ns;
	int64_t bytes;
	long status, redirects;
	bool is_over;
	CURLcode code;
	char why[CURL_ERROR_SIZE];
};

struct fetcher {
	struct run *run;
	const struct coro_opts *o;
	struct download *download;
	int n, active;
	struct hub hub;
	CURLM *multi;
	int epoll_fd;
	struct hub_fd fd; /* of epoll_fd */
	uint64_t timer_ns;
};

static const struct event_type begin_event = {
	.name = "get",
	.phase = EVENT_BEGIN,
	.say = "→ GET {s}",
	.key_s = "url",
	.span = "{s}",
};
static const struct event_type progress_event = {
	.name = "progress", .say = "… {a}", .key_a = "bytes", .unit_a = EVENT_BYTES
};
static const struct event_type received_event = {
	.name = "received",
	.phase = EVENT_END,
	.say = "✔ {a} bytes received, status {b}",
	.key_a = "bytes",
	.key_b = "status",
};
static const struct event_type failed_event = {
	.name = "failed", .phase = EVENT_END, .say = "✖ {s}", .key_s = "why"
};

static const struct result_column columns[] = {
	{ "url", "URL", COLUMN_TEXT },
	{ "status", "status", COLUMN_NUMBER },
	{ "received", "received", COLUMN_BYTES },
	{ "took_ns", "took", COLUMN_NS },
	{ "first_byte_ns", "first byte", COLUMN_NS },
	{ "redirects", "redirects", COLUMN_NUMBER },
	{ "error", "error", COLUMN_TEXT },
};

enum { C_URL, C_STATUS, C_RECEIVED, C_TOOK, C_FIRST, C_REDIRECTS, C_ERROR, C_COUNT };

/* --- libcurl's calls ------------------------------------------------------- */

static size_t
on_data(char *data, size_t size, size_t n, void *arg)
{
	struct download *d = arg;
	const uint64_t now_ns = clock_ns();

	(void)data;
	d->bytes += (int64_t)(size * n);
	if (now_ns - d->told_ns > PROGRESS_NS) {
		d->told_ns = now_ns;
		trace_emit(&progress_event, d->bytes, 0, NULL);
	}
	return size * n;
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct fetcher *f = arg;
	struct epoll_event ev = { .data.fd = fd };

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(f->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	ev.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) |
		    (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
	/* One that was closed meanwhile is new under its old number. */
	if (known == NULL || epoll_ctl(f->epoll_fd, EPOLL_CTL_MOD, fd, &ev) != 0)
		epoll_ctl(f->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
	curl_multi_assign(f->multi, fd, f);
	return 0;
}

static int
on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct fetcher *f = arg;

	(void)multi;
	f->timer_ns = timeout_ms < 0
			      ? UINT64_MAX
			      : clock_deadline_ns((uint64_t)timeout_ms * NS_PER_MS);
	return 0;
}

/* --- coroutines ------------------------------------------------------------ */

/* Tells those that are finished. */
static void
hand_out(struct fetcher *f)
{
	struct download *d;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(f->multi, &left)) != NULL) {
		if (m->msg != CURLMSG_DONE ||
		    curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &d) != CURLE_OK)
			continue;
		d->code = m->data.result;
		d->is_over = true;
		d->end_ns = clock_ns();
		hub_event_set(&d->finished);
	}
}

static void
act(struct fetcher *f, bool timer)
{
	struct epoll_event ev[EVENTS_MAX];
	int running, n;

	if (timer) {
		f->timer_ns = UINT64_MAX;
		curl_multi_socket_action(f->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	/* Until it is empty: only then does it tell us of more. */
	while ((n = epoll_wait(f->epoll_fd, ev, EVENTS_MAX, 0)) > 0)
		for (int i = 0; i < n; i++) {
			const int mask =
				(ev[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
				(ev[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
				(ev[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR
								      : 0);

			curl_multi_socket_action(f->multi, ev[i].data.fd, mask,
						 &running);
		}
}

/* Drives libcurl until all downloads are over. */
static intptr_t
drive(void *arg)
{
	struct fetcher *f = arg;
	int rc = 0;

	while (f->active > 0 && rc != -ECANCELED) {
		rc = hub_fd_wait(&f->fd, HUB_READ, f->timer_ns);
		if (rc == -ECANCELED)
			break;
		act(f, f->timer_ns <= clock_ns());
		hand_out(f);
		hub_yield(); /* those that are finished count themselves */
	}
	return 0;
}

static bool
set_up(struct download *d)
{
	const struct fetcher *f = d->fetcher;
	CURL *c = d->easy;

	return curl_easy_setopt(c, CURLOPT_URL, d->url) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PRIVATE, d) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEDATA, d) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_ERRORBUFFER, d->why) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX) ==
		       CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https") ==
		       CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_USERAGENT, "concbench/" CONCBENCH_VERSION) ==
		       CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_TIMEOUT_MS,
				(long)(f->o->url_ns / NS_PER_MS)) == CURLE_OK;
}

static void
tell(struct download *d)
{
	if (d->code == CURLE_OK && d->status < HTTP_ERROR) {
		trace_emit(&received_event, d->bytes, d->status, NULL);
		return;
	}
	if (d->code == CURLE_OK)
		snprintf(d->why, sizeof(d->why), "HTTP status %ld", d->status);
	else if (d->why[0] == '\0')
		snprintf(d->why, sizeof(d->why), "%s", curl_easy_strerror(d->code));
	trace_emit(&failed_event, 0, 0, d->why);
}

/* One URL. */
static intptr_t
fetch_one(void *arg)
{
	struct download *d = arg;
	struct fetcher *f = d->fetcher;
	int rc = 0;

	d->begin_ns = clock_ns();
	trace_emit(&begin_event, 0, 0, d->url);
	d->easy = curl_easy_init();
	if (d->easy == NULL || !set_up(d) ||
	    curl_multi_add_handle(f->multi, d->easy) != CURLM_OK) {
		d->code = CURLE_FAILED_INIT;
		d->is_over = true;
		d->end_ns = clock_ns();
	} else {
		rc = hub_event_wait(&d->finished, UINT64_MAX);
		curl_easy_getinfo(d->easy, CURLINFO_RESPONSE_CODE, &d->status);
		curl_easy_getinfo(d->easy, CURLINFO_REDIRECT_COUNT, &d->redirects);
		curl_multi_remove_handle(f->multi, d->easy);
	}
	f->active--;
	if (rc == 0)
		tell(d);
	return 0;
}

/* --- the run --------------------------------------------------------------- */

static bool
is_good(const struct download *d)
{
	return d->is_over && d->code == CURLE_OK && d->status < HTTP_ERROR;
}

static void
add_row(struct fetcher *f, struct result_table *t, const struct download *d)
{
	struct result *r = f->run->result;
	const size_t row = result_row(r, t);
	curl_off_t first_us = 0;

	result_text(r, t, row, C_URL, d->url);
	result_number(t, row, C_RECEIVED, (double)d->bytes);
	result_number(t, row, C_TOOK, (double)(d->end_ns - d->begin_ns));
	result_number(t, row, C_REDIRECTS, (double)d->redirects);
	if (d->status != 0)
		result_number(t, row, C_STATUS, (double)d->status);
	if (d->easy != NULL &&
	    curl_easy_getinfo(d->easy, CURLINFO_STARTTRANSFER_TIME_T, &first_us) ==
		    CURLE_OK &&
	    first_us > 0)
		result_number(t, row, C_FIRST, (double)first_us * 1e3);
	if (!is_good(d)) {
		result_text(r, t, row, C_ERROR, d->why);
		result_line(r, "✖ %s: %s", d->url, d->why);
		return;
	}
	result_line(r, "%lld bytes received from %s", (long long)d->bytes, d->url);
	result_sample(r, result_series(r, "", 0, &coro_metrics[CORO_M_FETCH]),
		      (double)(d->end_ns - d->begin_ns));
	result_sample(r, result_series(r, "", 0, &coro_metrics[CORO_M_BYTES]),
		      (double)d->bytes);
}

static void
conclude(struct fetcher *f)
{
	struct result *r = f->run->result;
	struct result_table *t = result_table(r, "downloads", "", 0, columns, C_COUNT);
	int good = 0;

	for (int i = 0; i < f->n; i++) {
		if (!f->download[i].is_over)
			continue; /* the run was stopped */
		add_row(f, t, &f->download[i]);
		good += is_good(&f->download[i]);
	}
	if (stop_reason(f->run->stop) == STOP_NONE)
		result_check(r, "", "every URL was received", good == f->n, "%d of %d",
			     good, f->n);
}

static int
spawn_all(struct fetcher *f, int role0, struct err *e)
{
	struct task *t;
	char name[TRACE_NAME];

	for (int i = 0; i < f->n; i++) {
		struct download *d = &f->download[i];

		*d = (struct download){ .fetcher = f, .url = f->run->argv[i] };
		d->finished.name = d->url;
		snprintf(name, sizeof(name), "c%d", i + 1);
		t = hub_spawn(&f->hub, d->url, fetch_one, d, e);
		if (t == NULL)
			return -ENOMEM;
		if (i < CORO_ROLES_MAX) {
			coro_run_role(f->run, role0 + i, name);
			hub_set_role(t, role0 + i);
		}
		hub_release(t);
	}
	f->active = f->n;
	t = hub_spawn(&f->hub, "libcurl", drive, f, e);
	hub_release(t);
	return t == NULL ? -ENOMEM : 0;
}

static int
start_curl(struct fetcher *f, struct err *e)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(e, EIO, "libcurl does not start");
	f->multi = curl_multi_init();
	f->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (f->multi == NULL || f->epoll_fd < 0)
		return err_set(e, ENOMEM, "libcurl does not start");
	curl_multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f);
	curl_multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(f->multi, CURLMOPT_TIMERDATA, f);
	return hub_fd_open(&f->hub, &f->fd, f->epoll_fd, e);
}

static void
stop_curl(struct fetcher *f)
{
	for (int i = 0; i < f->n; i++)
		if (f->download[i].easy != NULL)
			curl_easy_cleanup(f->download[i].easy);
	hub_fd_close(&f->fd);
	curl_multi_cleanup(f->multi);
	if (f->epoll_fd >= 0)
		close(f->epoll_fd);
	curl_global_cleanup();
}

int
coro_fetch(struct run *run, const struct coro_opts *o, const struct coro_kind *kind,
	   int role0, struct err *e)
{
	struct fetcher f = { .run = run,
			     .o = o,
			     .n = run->argc,
			     .epoll_fd = -1,
			     .timer_ns = UINT64_MAX };
	struct hub_config c = { .coro = coro_run_config(run, o, kind),
				.stop = run->stop };
	int rc;

	if (c.coro.stack_bytes < STACK_BYTES)
		c.coro.stack_bytes = STACK_BYTES;
	f.download = calloc((size_t)f.n, sizeof(*f.download));
	if (f.download == NULL)
		return err_set(e, ENOMEM, "no memory for %d downloads", f.n);
	rc = hub_init(&f.hub, &c, e);
	if (rc == 0) {
		rc = start_curl(&f, e);
		if (rc == 0)
			rc = spawn_all(&f, role0, e);
		if (rc == 0)
			rc = hub_run(&f.hub, e);
		hub_kill_all(&f.hub);
		conclude(&f);
		stop_curl(&f);
		hub_fini(&f.hub);
	}
	free(f.download);
	return rc == -ECANCELED ? 0 : rc;
}

#else

int
coro_fetch(struct run *run, const struct coro_opts *o, const struct coro_kind *kind,
	   int role0, struct err *e)
{
	(void)o;
	(void)kind;
	(void)role0;
	(void)e;
	run->result->status = 77;
	result_warn(run->result, "fetch is unavailable (needs libcurl4-openssl-dev)");
	return 0;
}

#endif
