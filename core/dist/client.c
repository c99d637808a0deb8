/*
 * client.c - a connection to a manager: made, proven, read and written.
 */
#include "core/dist/client.h"

#include "core/clock.h"
#include "core/dist/address.h"
#include "core/dist/auth.h"
#include "core/dist/engine.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RECV_WAIT_US = 10000, READ_BYTES = 64 * 1024 };

void
client_init(struct client *c, const struct client_config *config)
{
	*c = (struct client){ .config = config, .fd = -1 };
	c->arena.limit = PICKLE_ARENA(CLIENT_REPLY_MAX);
}

void
client_close(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->waits = false;
	c->in.from = c->in.n = 0;
	c->out.from = c->out.n = 0;
	c->reply_bytes = 0;
}

void
client_fini(struct client *c)
{
	client_close(c);
	wire_fini(&c->in);
	wire_fini(&c->out);
	arena_fini(&c->arena);
}

/* Waits for events of the connection: 0 or -errno. */
static int
await(struct client *c, short events, uint64_t deadline_ns, struct err *e)
{
	const struct stop *stop = c->config->stop;
	struct pollfd p[2] = { { .fd = c->fd, .events = events },
			       { .fd = stop != NULL ? stop->fd : -1,
				 .events = POLLIN } };

	for (;;) {
		const int n = poll(p, 2, clock_poll_ms(deadline_ns));

		if (n < 0 && errno != EINTR)
			return err_set(e, errno, "cannot wait for '%s'",
				       c->config->address);
		if (stop_reason(stop) != STOP_NONE)
			return err_set(e, ECANCELED, "stopped");
		if (n > 0 && p[0].revents != 0)
			return 0;
		if (n == 0 && clock_ns() >= deadline_ns)
			return err_set(e, ETIMEDOUT, "no answer from '%s'",
				       c->config->address);
	}
}

static int
lost(const struct client *c, int code, struct err *e)
{
	return err_set(e, code, "lost the connection to '%s'", c->config->address);
}

int
client_send(struct client *c, uint64_t deadline_ns, struct err *e)
{
	if (c->out.lacks_memory)
		return err_set(e, ENOMEM, "no memory for a request");
	c->asked = true;
	while (wire_bytes(&c->out) > 0) {
		const ssize_t n =
			send(c->fd, c->out.at + c->out.from, wire_bytes(&c->out),
			     MSG_NOSIGNAL | MSG_DONTWAIT);
		int rc = 0;

		if (n >= 0)
			wire_taken(&c->out, (size_t)n);
		else if (errno == EAGAIN)
			rc = await(c, POLLOUT, deadline_ns, e);
		else if (errno != EINTR)
			rc = lost(c, errno, e);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* Reads what came; with `waits` a little longer for it. As recv(). */
static ssize_t
read_some(struct client *c, uint8_t *to, bool waits)
{
	ssize_t got;

	/* What was just asked is not answered yet: others first. */
	for (bool looks = waits && eager_begin(&c->eager) && eager_again(&c->eager);
	     looks; looks = eager_again(&c->eager)) {
		got = recv(c->fd, to, READ_BYTES, MSG_DONTWAIT);
		if (got >= 0 || errno != EAGAIN) {
			eager_came(&c->eager);
			return got;
		}
	}
	return recv(c->fd, to, READ_BYTES, waits ? 0 : MSG_DONTWAIT);
}

int
client_message(struct client *c, size_t limit, uint64_t deadline_ns,
	       const uint8_t **message, size_t *n, size_t *whole, struct err *e)
{
	for (;; c->asked = false) {
		const bool waits = c->asked && c->waits && deadline_ns != 0;
		uint8_t *to;
		ssize_t got;
		int rc = wire_message(&c->in, limit, message, n, whole);

		if (rc == 1)
			return 0;
		/* What was just asked is not answered yet: a try would be in vain. */
		if (rc == 0 && c->asked && !waits &&
		    (rc = await(c, POLLIN, deadline_ns, e)) != 0)
			return rc;
		if (rc < 0)
			return err_set(e, EPROTO, "'%s' is no manager",
				       c->config->address);
		to = wire_room(&c->in, READ_BYTES);
		if (to == NULL)
			return err_set(e, ENOMEM, "no memory for a reply");
		got = read_some(c, to, waits);
		if (got == 0)
			return lost(c, EPIPE, e);
		if (got > 0)
			wire_added(&c->in, (size_t)got);
		else if (errno == EAGAIN)
			rc = await(c, POLLIN, deadline_ns, e);
		else if (errno != EINTR)
			rc = lost(c, errno, e);
		if (rc != 0)
			return rc;
	}
}

/* The other side does not speak as a manager: says how it greets. */
static int
alien(const struct client *c, const uint8_t *message, size_t n, struct err *e)
{
	char shown[24];
	size_t k = 0;

	while (k < n && k + 1 < sizeof(shown)) {
		shown[k] = isprint(message[k]) ? (char)message[k] : '?';
		k++;
	}
	shown[k] = '\0';
	return err_set(e, EPROTO, "'%s' is no manager: it says '%s'",
		       c->config->address, shown);
}

static int
shake(struct client *c, uint64_t deadline_ns, struct err *e)
{
	enum auth_outcome outcome;
	struct auth auth;
	int rc = auth_begin(&auth, false, c->config->key, c->config->key_bytes, e);

	if (rc != 0)
		return rc;
	do {
		const uint8_t *message;
		size_t n, whole;

		rc = client_send(c, deadline_ns, e);
		if (rc == 0)
			rc = client_message(c, AUTH_MESSAGE_MAX, deadline_ns, &message,
					    &n, &whole, e);
		if (rc == -EPROTO)
			return alien(c, c->in.at + c->in.from, wire_bytes(&c->in), e);
		if (rc != 0)
			return rc;
		outcome = auth_step(&auth, message, n);
		if (outcome == AUTH_ALIEN)
			return alien(c, message, n, e);
		wire_taken(&c->in, whole);
		if (auth.out_bytes > 0)
			wire_add_message(&c->out, auth.out, auth.out_bytes);
	} while (outcome == AUTH_GOES_ON);
	explicit_bzero(&auth, sizeof(auth));
	if (outcome == AUTH_DONE)
		return 0; /* the last word goes out with the first request */
	client_send(c, deadline_ns, e);
	rc = err_set(e, EACCES, "%s",
		     outcome == AUTH_REFUSED ? "the master refused our authkey"
					     : "the master does not know our authkey");
	err_hint(e, "both sides need the same one");
	return rc;
}

/* A reply comes within microseconds as a rule: recv() waits for it by itself, and only
 * for what takes longer poll() is asked, which knows of the stop. */
static void
let_wait(struct client *c)
{
	const struct timeval wait = { .tv_usec = RECV_WAIT_US };
	const int flags = fcntl(c->fd, F_GETFL);

	c->waits =
		flags >= 0 &&
		setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) == 0 &&
		fcntl(c->fd, F_SETFL, flags & ~O_NONBLOCK) == 0;
}

int
client_connect(struct client *c, uint64_t deadline_ns, struct err *e)
{
	static const int on = 1;
	int rc;

	client_close(c);
	c->fd = c->config->near != NULL
			? address_connect_near(c->config->near, e)
			: address_connect(c->config->address, deadline_ns,
					  c->config->stop, e);
	if (c->fd < 0) {
		rc = c->fd;
		c->fd = -1;
		return rc;
	}
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(c->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	rc = shake(c, deadline_ns, e);
	if (rc != 0)
		client_close(c);
	else
		let_wait(c);
	return rc;
}
