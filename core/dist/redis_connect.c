/*
 * redis_connect.c - reaches the server: resolve, connect, log in, ask if it is ready.
 */
#include "core/dist/redis_link.h"

#ifdef CONCBENCH_HIREDIS
#include "core/clock.h"
#include "core/dist/redis_tls.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define ATTEMPT_NS (5 * NS_PER_S)
#define PAUSE_FIRST_NS (50 * NS_PER_MS)
#define PAUSE_LAST_NS (2 * NS_PER_S)

/* A server whose machine is gone must not be waited for by the kernel's patience. */
enum { SILENT_MS = 20000 };

static int
wait_fd(const struct redis_link *l, int fd, short events, uint64_t deadline_ns)
{
	struct pollfd p[2] = { { .fd = fd, .events = events },
			       { .fd = l->stop != NULL ? l->stop->fd : -1,
				 .events = POLLIN } };
	int rc;

	do
		rc = poll(p, 2, clock_poll_ms(deadline_ns));
	while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return -errno;
	if (p[1].revents != 0)
		return -ECANCELED;
	return rc == 0 ? -ETIMEDOUT : 0;
}

/* Connects to one address; a descriptor or -errno. */
static int
dial(const struct redis_link *l, const struct addrinfo *a, uint64_t deadline_ns)
{
	const int on = 1, silent_ms = SILENT_MS;
	socklen_t n = sizeof(int);
	int code = 0, rc = 0;
	int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
			a->ai_protocol);

	if (fd < 0)
		return -errno;
	if (connect(fd, a->ai_addr, a->ai_addrlen) != 0)
		rc = -errno;
	if (rc == -EINPROGRESS)
		rc = wait_fd(l, fd, POLLOUT, deadline_ns);
	if (rc == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &n) == 0)
		rc = -code;
	if (rc != 0) {
		close(fd);
		return rc;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent_ms, sizeof(silent_ms));
	return fd;
}

static int
dial_any(const struct redis_link *l, uint64_t deadline_ns, struct err *e)
{
	const struct addrinfo want = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	char port[8];
	int rc, fd = -EHOSTUNREACH;

	snprintf(port, sizeof(port), "%d", l->url->port);
	rc = getaddrinfo(l->url->host, port, &want, &list);
	if (rc != 0)
		return err_set(e, rc == EAI_SYSTEM ? errno : EHOSTUNREACH,
			       "engine %s:%d: cannot find the host: %s", l->url->host,
			       l->url->port, gai_strerror(rc));
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
		fd = dial(l, a, deadline_ns);
		if (fd >= 0 || fd == -ECANCELED)
			break;
	}
	freeaddrinfo(list);
	if (fd < 0)
		return err_set(e, -fd, "engine %s:%d", l->url->host, l->url->port);
	return fd;
}

/* Appends the commands that a new connection begins with; returns how many. */
static int
greet(struct redis_link *l)
{
	const struct redis_url *u = l->url;
	int n = 1;

	if (l->password != NULL && u->user[0] != '\0')
		redis_link_add(l, "AUTH %s %b", u->user, l->password,
			       l->password_bytes);
	else if (l->password != NULL)
		redis_link_add(l, "AUTH %b", l->password, l->password_bytes);
	else if (u->user[0] != '\0')
		redis_link_add(l, "AUTH %s %s", u->user, "");
	else
		n--;
	if (u->db != 0) {
		redis_link_add(l, "SELECT %d", u->db);
		n++;
	}
	redis_link_add(l, "PING");
	return n + 1;
}

static enum redis_fault
log_in(struct redis_link *l, uint64_t deadline_ns, struct err *e)
{
	enum redis_fault f = REDIS_FINE;

	for (int n = greet(l); n > 0 && f == REDIS_FINE; n--) {
		redisReply *r;
		int rc = redis_link_next(l, &r, deadline_ns, e);

		if (rc == 0 && !redis_tls_failed(l, e))
			err_set(e, ETIMEDOUT, "engine %s:%d: no answer", l->url->host,
				l->url->port);
		if (rc == -EPROTO) /* it will not become another server */
			return REDIS_BAD;
		if (rc <= 0)
			return REDIS_GONE;
		f = redis_fault(l, r, "log in", e);
		freeReplyObject(r);
	}
	return f;
}

enum redis_fault
redis_link_open(struct redis_link *l, uint64_t deadline_ns, struct err *e)
{
	enum redis_fault f;
	int fd;

	redis_link_close(l);
	fd = dial_any(l, deadline_ns, e);
	if (fd < 0)
		return REDIS_GONE;
	l->ctx = redisConnectFd(fd);
	if (l->ctx == NULL) {
		close(fd);
		err_set(e, ENOMEM, "cannot connect to the engine");
		return REDIS_BAD;
	}
	l->ctx->flags &= ~REDIS_BLOCK;
	f = l->url->tls && redis_tls_start(l, e) != 0 ? REDIS_BAD
						      : log_in(l, deadline_ns, e);
	if (f != REDIS_FINE)
		redis_link_close(l);
	return f;
}

void
redis_link_fail(struct redis_link *l, enum redis_fault f, const struct err *e)
{
	const unsigned doubled = l->failures < 8 ? l->failures : 8;
	uint64_t pause_ns = PAUSE_FIRST_NS << doubled;
	char text[384], line[448];

	redis_link_close(l);
	if (l->out_since_ns == 0)
		l->out_since_ns = clock_ns();
	l->failures++;
	if (pause_ns > PAUSE_LAST_NS)
		pause_ns = PAUSE_LAST_NS;
	/* Between half of it and all: a hundred workers do not come back at once. */
	l->retry_ns =
		clock_deadline_ns(pause_ns / 2 + rng_below(&l->rng, pause_ns / 2));
	if (f == l->told)
		return;
	l->told = f; /* once is enough, a hundred attempts may follow */
	if (l->note == NULL)
		return;
	snprintf(line, sizeof(line), "%s; trying again for %.0f s",
		 err_text(e, text, sizeof(text)), (double)l->patience_ns / 1e9);
	l->note(l->arg, line);
}

void
redis_link_well(struct redis_link *l)
{
	char line[96];

	if (l->out_since_ns == 0)
		return;
	if (l->told != REDIS_FINE && l->note != NULL) {
		snprintf(line, sizeof(line), "engine %.40s:%d is back after %.1f s",
			 l->url->host, l->url->port,
			 (double)(clock_ns() - l->out_since_ns) / 1e9);
		l->note(l->arg, line);
	}
	l->out_since_ns = 0;
	l->failures = 0;
	l->told = REDIS_FINE;
}

/* Until the next attempt; 1, 0 when until_ns comes before it, -ECANCELED. */
static int
pause_between(struct redis_link *l, uint64_t until_ns, struct err *e)
{
	const uint64_t at_ns = l->retry_ns;

	if (wait_fd(l, -1, 0, at_ns < until_ns ? at_ns : until_ns) == -ECANCELED)
		return err_set(e, ECANCELED, "stopped");
	return at_ns <= until_ns;
}

int
redis_link_reach(struct redis_link *l, uint64_t until_ns, struct err *e)
{
	while (l->ctx == NULL) {
		uint64_t attempt_ns = clock_deadline_ns(ATTEMPT_NS);
		enum redis_fault f;
		int rc = l->failures > 0 ? pause_between(l, until_ns, e) : 1;

		if (rc <= 0)
			return rc;
		f = redis_link_open(l, attempt_ns, e);
		if (f == REDIS_FINE)
			return 1;
		if (e->code == ECANCELED)
			return -ECANCELED;
		if (f == REDIS_BAD)
			return e->code != EINVAL ? -e->code : -EPROTO;
		if (f != REDIS_GONE && f != REDIS_PASSING)
			return redis_fault_errno(f);
		redis_link_fail(l, f, e);
		if (clock_ns() - l->out_since_ns >= l->patience_ns)
			return f == REDIS_PASSING ? -EBUSY : -e->code;
	}
	return 1;
}
#endif
