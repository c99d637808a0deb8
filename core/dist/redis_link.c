/*
 * redis_link.c - commands out, answers in, without ever blocking.
 */
#include "core/dist/redis_link.h"

#ifdef CONCBENCH_HIREDIS
#include "core/clock.h"
#include "core/dist/redis_tls.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdarg.h>

void
redis_link_close(struct redis_link *l)
{
	if (l->ctx != NULL)
		redisFree(l->ctx);
	l->ctx = NULL;
	l->tls = NULL; /* hiredis has freed it */
	l->due = 0;
}

void
redis_link_add(struct redis_link *l, const char *format, ...)
{
	va_list ap;

	if (l->ctx == NULL)
		return;
	va_start(ap, format);
	/* Its failure (no memory) stays in the context, where push() finds it. */
	redisvAppendCommand(l->ctx, format, ap);
	va_end(ap);
	l->due++;
}

/* The connection is of no use any more: says why and closes it. */
static int
broken(struct redis_link *l, struct err *e)
{
	const struct redis_url *u = l->url;
	int code = errno;

	if (redis_tls_failed(l, e)) {
		code = EPROTO;
	} else if (l->ctx == NULL || l->ctx->err == REDIS_ERR_EOF) {
		code = ECONNRESET;
		err_set(e, code, "engine %s:%d", u->host, u->port);
	} else if (l->ctx->err == REDIS_ERR_PROTOCOL) {
		code = EPROTO;
		err_set(e, code, "%s:%d does not speak Redis's protocol (%.80s)",
			u->host, u->port, l->ctx->errstr);
	} else if (l->ctx->err == REDIS_ERR_IO) {
		code = code != 0 ? code : EIO;
		err_set(e, code, "engine %s:%d", u->host, u->port);
	} else {
		code = ENOMEM;
		err_set(e, code, "engine %s:%d: %.80s", u->host, u->port,
			l->ctx->errstr);
	}
	redis_link_close(l);
	return -code;
}

int
redis_link_push(struct redis_link *l, struct err *e)
{
	int done = 0;

	if (l->ctx == NULL || l->ctx->err != 0)
		return broken(l, e);
	errno = 0;
	/* 0: the socket is full. hiredis says neither "sent" nor "error" then. */
	if (redisBufferWrite(l->ctx, &done) != REDIS_OK)
		return broken(l, e);
	return 0;
}

int
redis_link_fd(const struct redis_link *l, bool *sends)
{
	*sends = l->ctx != NULL && l->ctx->obuf != NULL && sdslen(l->ctx->obuf) > 0 &&
		 redis_tls_sends(l);
	return l->ctx != NULL ? l->ctx->fd : -1;
}

/* An answer among what has been read: 1, 0, -errno. */
static int
parse(struct redis_link *l, redisReply **r, struct err *e)
{
	void *answer = NULL;

	*r = NULL;
	if (l->ctx == NULL || l->ctx->err != 0)
		return broken(l, e);
	if (l->due == 0)
		return 0;
	if (redisGetReplyFromReader(l->ctx, &answer) != REDIS_OK)
		return broken(l, e);
	*r = answer;
	l->due -= answer != NULL;
	return answer != NULL;
}

/* Reads what has come. */
static int
fill(struct redis_link *l, struct err *e)
{
	size_t had;

	do {
		had = l->ctx->reader->len;
		errno = 0;
		if (redisBufferRead(l->ctx) != REDIS_OK)
			return broken(l, e);
		/* In TLS' buffers more may lie than poll(2) knows of. */
	} while (l->url->tls && l->ctx->reader->len != had);
	return 0;
}

int
redis_link_try(struct redis_link *l, redisReply **r, struct err *e)
{
	int rc = parse(l, r, e);

	if (rc != 0 || l->due == 0)
		return rc;
	rc = fill(l, e);
	return rc != 0 ? rc : parse(l, r, e);
}

int
redis_link_next(struct redis_link *l, redisReply **r, uint64_t deadline_ns,
		struct err *e)
{
	for (;;) {
		bool sends;
		int rc = redis_link_push(l, e);

		if (rc == 0)
			rc = parse(l, r, e);
		if (rc != 0)
			return rc;
		struct pollfd p[2] = { { .fd = redis_link_fd(l, &sends) },
				       { .fd = l->stop != NULL ? l->stop->fd : -1,
					 .events = POLLIN } };
		uint64_t until_ns = deadline_ns;

		p[0].events = (short)(POLLIN | (sends ? POLLOUT : 0));
		if (l->trace != NULL && l->trace->live_ns > 0) {
			const uint64_t live_ns = clock_deadline_ns(l->trace->live_ns);

			trace_pump(l->trace, false);
			until_ns = live_ns < until_ns ? live_ns : until_ns;
		}
		rc = poll(p, 2, clock_poll_ms(until_ns));
		if (rc < 0 && errno != EINTR)
			return err_set(e, errno, "cannot wait for the engine");
		if (rc > 0 && (p[0].revents & ~POLLOUT) != 0) {
			rc = fill(l, e);
			if (rc != 0)
				return rc;
			continue;
		}
		if (rc > 0 && p[1].revents != 0)
			return err_set(e, ECANCELED, "stopped");
		if (rc == 0 && clock_ns() >= deadline_ns)
			return 0;
	}
}
#endif
