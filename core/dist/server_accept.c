/*
 * server_accept.c - connections of the embedded engine: listened for and accepted.
 *
 * There are two listeners: the address that others know, and a Unix domain socket,
 * over which a message costs half: our workers move there when they find that they
 * are on the same machine.
 */
#include "core/dist/mac.h"
#include "core/dist/server.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPT_PAUSE_NS (200 * NS_PER_MS)

enum {
	BACKLOG = 128,
	DESCRIPTORS_KEPT = 32, /* for all that is no connection */
};

static int
watch_fd_of(struct dist_master *m, int fd, void *who, struct err *e)
{
	struct epoll_event ev = { .events = EPOLLIN, .data = { .ptr = who } };

	if (epoll_ctl(m->epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0)
		return err_set(e, errno, "cannot wait for a descriptor");
	return 0;
}

/* Workers of this machine are told the name by a connection that is proven already:
 * nobody else's listener can have it, for it is made anew at random. They do without
 * when there is none. */
static void
open_near(struct dist_master *m)
{
	uint8_t random[16];
	struct err e;
	int n;

	if (mac_random(random, sizeof(random), &e) != 0)
		return;
	n = snprintf(m->near, sizeof(m->near), "concbench-dist-");
	for (size_t i = 0; i < sizeof(random); i++)
		n += snprintf(m->near + n, sizeof(m->near) - (size_t)n, "%02x",
			      random[i]);
	m->near_fd = address_listen_near(m->near, BACKLOG, &e);
	if (m->near_fd < 0) {
		m->near_fd = -1;
		m->near[0] = '\0';
	}
}

static int
watch_listeners(struct dist_master *m, struct err *e)
{
	const int rc = watch_fd_of(m, m->listen_fd, &m->listen_fd, e);

	return rc != 0 || m->near_fd < 0 ? rc
					 : watch_fd_of(m, m->near_fd, &m->near_fd, e);
}

int
server_open(struct dist_master *m, struct err *e)
{
	struct rlimit limit;
	int rc;

	m->last_waiting = &m->waiting;
	m->next_ns = m->leases_ns = UINT64_MAX;
	m->peers_max = 1024;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 1 << 20)
		m->peers_max = limit.rlim_cur > 2 * DESCRIPTORS_KEPT
				       ? limit.rlim_cur - DESCRIPTORS_KEPT
				       : DESCRIPTORS_KEPT;
	m->arena.limit = PICKLE_ARENA(MESSAGE_MAX);
	m->listen_fd = address_listen(m->config.address, BACKLOG, m->address,
				      sizeof(m->address), e);
	if (m->listen_fd < 0)
		return m->listen_fd;
	m->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (m->epoll_fd < 0)
		return err_set(e, errno, "cannot make an epoll");
	open_near(m);
	rc = watch_listeners(m, e);
	if (rc == 0 && m->config.stop != NULL)
		rc = watch_fd_of(m, m->config.stop->fd, NULL, e);
	return rc;
}

/* --- accepting ------------------------------------------------------------- */

static void
settle_socket(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 15 },
		{ IPPROTO_TCP, TCP_KEEPINTVL, 5 },
		{ IPPROTO_TCP, TCP_KEEPCNT, 3 },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, 30000 },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		setsockopt(fd, options[i].level, options[i].name, &options[i].value,
			   sizeof(options[i].value));
}

static void
welcome(struct dist_master *m, int fd)
{
	struct peer *p = calloc(1, sizeof(*p));
	struct err e = { 0 };

	if (p == NULL ||
	    auth_begin(&p->auth, true, m->config.key, m->config.key_bytes, &e) != 0) {
		close(fd);
		free(p);
		return;
	}
	p->fd = fd;
	settle_socket(fd);
	address_of_peer(fd, p->address, sizeof(p->address));
	ledger_owner_init(&p->owner, "", true);
	p->deadline_ns = clock_ns() + SHAKE_NS;
	if (p->deadline_ns < m->next_ns)
		m->next_ns = p->deadline_ns;
	if (watch_fd_of(m, fd, p, &e) != 0) {
		close(fd);
		free(p);
		return;
	}
	p->next = m->peers;
	if (m->peers != NULL)
		m->peers->prev = p;
	m->peers = p;
	m->npeers++;
	m->nshaking++;
	wire_add_message(&p->out, p->auth.out, p->auth.out_bytes);
	peer_mark(m, p);
}

/* Where descriptors have run out, the listener stays readable: a pause, no spinning. */
static void
pause_accept(struct dist_master *m)
{
	m->accept_ns = clock_ns() + ACCEPT_PAUSE_NS;
	if (m->accept_ns < m->next_ns)
		m->next_ns = m->accept_ns;
	epoll_ctl(m->epoll_fd, EPOLL_CTL_DEL, m->listen_fd, NULL);
	if (m->near_fd >= 0)
		epoll_ctl(m->epoll_fd, EPOLL_CTL_DEL, m->near_fd, NULL);
}

static void
accept_all(struct dist_master *m, int listener)
{
	for (int i = 0; i < BACKLOG; i++) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			    errno == ENOMEM)
				pause_accept(m);
			if (errno != EINTR && errno != ECONNABORTED)
				return;
			continue;
		}
		if (m->npeers >= m->peers_max || m->nshaking >= PEERS_SHAKING_MAX) {
			m->refused++;
			close(fd);
			continue;
		}
		welcome(m, fd);
	}
}

bool
server_accepts(struct dist_master *m, const void *who)
{
	const int *listener = who;

	if (who != &m->listen_fd && who != &m->near_fd)
		return false;
	accept_all(m, *listener);
	return true;
}

void
server_accept_again(struct dist_master *m, uint64_t now_ns)
{
	struct err e;

	if (m->accept_ns == 0 || now_ns < m->accept_ns)
		return;
	m->accept_ns = 0;
	watch_listeners(m, &e);
}
