/*
 * address.c - HOST:PORT, sockets that listen and connect.
 */
#include "core/dist/address.h"

#include "core/clock.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct parts {
	char host[256], port[8];
};

static int
split(const char *address, struct parts *p)
{
	const char *colon = strrchr(address, ':');
	const char *host = address;
	char *end;
	size_t n;

	if (colon == NULL || colon[1] == '\0' || strlen(colon + 1) > 5)
		return -EINVAL;
	n = (size_t)(colon - address);
	if (n >= 2 && host[0] == '[' && host[n - 1] == ']') {
		host++;
		n -= 2;
	} else if (memchr(address, ':', n) != NULL) {
		return -EINVAL;
	}
	if (n >= sizeof(p->host) || strtoul(colon + 1, &end, 10) > 65535 ||
	    *end != '\0' || colon[1] == '-' || colon[1] == '+')
		return -EINVAL;
	memcpy(p->host, host, n);
	p->host[n] = '\0';
	snprintf(p->port, sizeof(p->port), "%s", colon + 1);
	return 0;
}

int
address_check(const char *address, struct err *e)
{
	struct parts p;

	if (split(address, &p) == 0)
		return 0;
	err_set(e, EINVAL, "'%.100s' is no HOST:PORT", address);
	err_hint(e, "as in 127.0.0.1:5000, [::1]:5000, or :5000 for all addresses");
	return -EINVAL;
}

bool
address_is_local(const char *address)
{
	struct parts p;

	return split(address, &p) == 0 &&
	       (strncmp(p.host, "127.", 4) == 0 || strcmp(p.host, "::1") == 0 ||
		strcmp(p.host, "localhost") == 0);
}

static int
resolve(const char *address, bool listens, struct addrinfo **list, struct err *e)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC,
					.ai_socktype = SOCK_STREAM,
					.ai_flags = (listens ? AI_PASSIVE : 0) |
						    AI_NUMERICSERV };
	/* All addresses by IPv4, as Python has it. */
	const char *any = listens ? "0.0.0.0" : "127.0.0.1";
	struct parts p;
	int rc;

	if (address_check(address, e) != 0 || split(address, &p) != 0)
		return -EINVAL;
	rc = getaddrinfo(p.host[0] != '\0' ? p.host : any, p.port, &hints, list);
	if (rc == EAI_SYSTEM)
		return err_set(e, errno, "cannot find '%s'", p.host);
	if (rc != 0) {
		err_set(e, EHOSTUNREACH, "cannot find '%s'", p.host);
		err_hint(e, "%s", gai_strerror(rc));
		return -EHOSTUNREACH;
	}
	return 0;
}

/* Numbers of an address, as bound or of a peer. */
static void
write_address(const struct sockaddr_storage *a, socklen_t n, char *buf, size_t size)
{
	const bool v6 = a->ss_family == AF_INET6;
	char host[64], port[8];

	if (a->ss_family == AF_UNIX)
		snprintf(buf, size, "this machine");
	else if (getnameinfo((const struct sockaddr *)a, n, host, sizeof(host), port,
			     sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		snprintf(buf, size, "?");
	else
		snprintf(buf, size, "%s%s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "",
			 port);
}

static int
listen_on(const struct addrinfo *a, int backlog)
{
	static const int on = 1;
	const int fd =
		socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int code;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, backlog) == 0)
		return fd;
	code = errno;
	close(fd);
	return -code;
}

int
address_listen(const char *address, int backlog, char *bound, size_t size,
	       struct err *e)
{
	struct sockaddr_storage at = { .ss_family = AF_UNSPEC };
	socklen_t n = sizeof(at);
	struct addrinfo *list;
	int fd, rc = resolve(address, true, &list, e);

	if (rc != 0)
		return rc;
	fd = listen_on(list, backlog);
	freeaddrinfo(list);
	if (fd < 0)
		return err_set(e, -fd, "cannot listen on '%s'", address);
	if (getsockname(fd, (struct sockaddr *)&at, &n) != 0)
		snprintf(bound, size, "%s", address);
	else
		write_address(&at, n, bound, size);
	return fd;
}

/* Waits for the connection in progress: 0 or -errno. */
static int
await(int fd, uint64_t deadline_ns, const struct stop *stop)
{
	struct pollfd p[2] = { { .fd = fd, .events = POLLOUT },
			       { .fd = stop != NULL ? stop->fd : -1,
				 .events = POLLIN } };
	socklen_t n = sizeof(int);
	int code = 0;

	for (;;) {
		const int ready = poll(p, 2, clock_poll_ms(deadline_ns));

		if (ready < 0 && errno != EINTR)
			return -errno;
		if (stop_reason(stop) != STOP_NONE)
			return -ECANCELED;
		if (ready == 0 && clock_ns() >= deadline_ns)
			return -ETIMEDOUT;
		if (ready > 0 && p[0].revents != 0)
			break;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &n) != 0)
		return -errno;
	return -code;
}

static int
connect_to(const struct addrinfo *a, uint64_t deadline_ns, const struct stop *stop)
{
	const int fd =
		socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, a->ai_addr, a->ai_addrlen) != 0)
		rc = errno == EINPROGRESS ? await(fd, deadline_ns, stop) : -errno;
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

int
address_connect(const char *address, uint64_t deadline_ns, const struct stop *stop,
		struct err *e)
{
	struct addrinfo *list;
	int rc = resolve(address, false, &list, e);

	if (rc != 0)
		return rc;
	rc = -EHOSTUNREACH;
	for (struct addrinfo *a = list; a != NULL && rc < 0 && rc != -ECANCELED;
	     a = a->ai_next)
		rc = connect_to(a, deadline_ns, stop);
	freeaddrinfo(list);
	if (rc < 0)
		return err_set(e, -rc, "cannot connect to '%s'", address);
	return rc;
}

/* The abstract name of a socket; its length, or 0 when it is too long. */
static socklen_t
near_name(struct sockaddr_un *u, const char *name)
{
	const size_t n = strlen(name);

	*u = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (n == 0 || n >= sizeof(u->sun_path))
		return 0;
	memcpy(u->sun_path + 1, name, n);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n);
}

/* A socket that `go` (bind() or connect()) has given the name. */
static int
near_socket(const char *name, int (*go)(int, const struct sockaddr *, socklen_t),
	    struct err *e)
{
	struct sockaddr_un u;
	const socklen_t n = near_name(&u, name);
	int fd, code;

	if (n == 0)
		return err_set(e, EINVAL, "'%.80s' is no name of a socket", name);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && go(fd, (const struct sockaddr *)&u, n) == 0)
		return fd;
	code = errno;
	if (fd >= 0)
		close(fd);
	return err_set(e, code, "cannot use the socket '%s'", name);
}

int
address_listen_near(const char *name, int backlog, struct err *e)
{
	const int fd = near_socket(name, bind, e);

	if (fd < 0 || listen(fd, backlog) == 0)
		return fd;
	err_set(e, errno, "cannot listen on the socket '%s'", name);
	close(fd);
	return -e->code;
}

int
address_connect_near(const char *name, struct err *e)
{
	return near_socket(name, connect, e);
}

bool
address_is_same(int fd)
{
	struct sockaddr_storage a = { .ss_family = AF_UNSPEC }, b = a;
	socklen_t n = sizeof(a), k = sizeof(b);
	const struct sockaddr_in *a4 = (void *)&a, *b4 = (void *)&b;
	const struct sockaddr_in6 *a6 = (void *)&a, *b6 = (void *)&b;

	if (getsockname(fd, (struct sockaddr *)&a, &n) != 0 ||
	    getpeername(fd, (struct sockaddr *)&b, &k) != 0 ||
	    a.ss_family != b.ss_family)
		return false;
	if (a.ss_family == AF_INET)
		return a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	return a.ss_family == AF_INET6 &&
	       memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof(a6->sin6_addr)) == 0;
}

void
address_of_peer(int fd, char *buf, size_t size)
{
	struct sockaddr_storage at = { .ss_family = AF_UNSPEC };
	socklen_t n = sizeof(at);

	if (getpeername(fd, (struct sockaddr *)&at, &n) != 0)
		snprintf(buf, size, "?");
	else
		write_address(&at, n, buf, size);
}
