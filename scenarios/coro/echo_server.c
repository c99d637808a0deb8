/*
 * echo_server.c - three servers that do the same: what comes goes back.
 */
#include "scenarios/coro/echo.h"

#include "core/atom.h"
#include "core/hub.h"
#include "core/proc.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHUNK = 4096 };

/* --- a coroutine a connection ---------------------------------------------- */

struct shop {
	const struct echo_server *s;
	struct hub hub;
};

struct guest {
	struct shop *shop;
	int fd;
};

static intptr_t
serve_guest(void *arg)
{
	struct guest g = *(struct guest *)arg;
	struct hub_fd f;
	char buf[CHUNK];
	ssize_t n = -1;

	free(arg);
	if (hub_fd_open(&g.shop->hub, &f, g.fd, NULL) == 0) {
		while ((n = hub_recv(&f, buf, sizeof(buf), UINT64_MAX)) > 0) {
			n = hub_send(&f, buf, (size_t)n, UINT64_MAX);
			if (n < 0)
				break;
			g.shop->s->books->bytes += (uint64_t)n;
		}
		hub_fd_close(&f);
	}
	close(g.fd);
	g.shop->s->books->connections += n == 0;
	return 0;
}

static intptr_t
accept_guests(void *arg)
{
	struct shop *shop = arg;
	const struct echo_server *s = shop->s;
	struct hub_fd f;
	int rc = hub_fd_open(&shop->hub, &f, s->listen_fd, &s->books->err);

	for (int64_t i = 0; i < s->connections && rc == 0;) {
		struct guest *g;
		struct task *t;
		const int fd =
			accept4(s->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0) {
			rc = errno == EAGAIN ? hub_fd_wait(&f, HUB_READ, UINT64_MAX)
			     : errno == EINTR || errno == ECONNABORTED
				     ? 0
				     : err_set(&s->books->err, errno, "accept");
			continue;
		}
		i++;
		g = malloc(sizeof(*g));
		if (g == NULL)
			return err_set(&s->books->err, ENOMEM, "no memory for a guest");
		*g = (struct guest){ .shop = shop, .fd = fd };
		t = hub_spawn(&shop->hub, NULL, serve_guest, g, &s->books->err);
		if (t == NULL)
			return -ENOMEM;
		hub_release(t);
	}
	hub_fd_close(&f);
	return rc;
}

int
echo_serve_coroutines(const struct echo_server *s)
{
	struct shop shop = { .s = s };
	const struct hub_config c = { .coro = { .stack_bytes = s->stack_bytes },
				      .role = -1 };
	struct task *t;
	int rc = hub_init(&shop.hub, &c, &s->books->err);

	if (rc != 0)
		return rc;
	t = hub_spawn(&shop.hub, "accept", accept_guests, &shop, &s->books->err);
	rc = t == NULL ? -ENOMEM : hub_run(&shop.hub, &s->books->err);
	if (rc == 0)
		rc = (int)t->result;
	hub_fini(&shop.hub);
	return rc;
}

/* --- blocking: a thread or a process a connection -------------------------- */

/* Echoes until the end; bytes, or -1. */
static int64_t
serve_blocking(int fd)
{
	char buf[CHUNK];
	int64_t total = 0;
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		for (ssize_t sent = 0, more; sent < n; sent += more) {
			more = send(fd, buf + sent, (size_t)(n - sent), MSG_NOSIGNAL);
			if (more < 0)
				return -1;
		}
		total += n;
	}
	return n == 0 ? total : -1;
}

/* Waits for the next connection; descriptor or -errno. */
static int
accept_one(const struct echo_server *s)
{
	int fd;

	do
		fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	return fd >= 0 ? fd : err_set(&s->books->err, errno, "accept");
}

struct tally {
	atom_i64 bytes, connections;
};

struct thread_guest {
	struct tally *tally;
	int fd;
	pthread_t thread;
};

static void *
thread_guest(void *arg)
{
	struct thread_guest *g = arg;
	const int64_t n = serve_blocking(g->fd);

	close(g->fd);
	if (n >= 0) {
		atom_add_rlx(&g->tally->bytes, n);
		atom_add_rlx(&g->tally->connections, 1);
	}
	return NULL;
}

int
echo_serve_threads(const struct echo_server *s)
{
	struct thread_guest *g = calloc((size_t)s->connections, sizeof(*g));
	struct tally tally = { 0 };
	pthread_attr_t attr;
	int64_t n = 0;
	int rc = 0;

	if (g == NULL)
		return err_set(&s->books->err, ENOMEM, "no memory for the threads");
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, s->stack_bytes < (size_t)PTHREAD_STACK_MIN
						 ? (size_t)PTHREAD_STACK_MIN
						 : s->stack_bytes);
	for (; n < s->connections && rc == 0; n++) {
		g[n] = (struct thread_guest){ .tally = &tally, .fd = accept_one(s) };
		if (g[n].fd < 0) {
			rc = g[n].fd;
			break;
		}
		rc = -pthread_create(&g[n].thread, &attr, thread_guest, &g[n]);
		if (rc != 0) {
			close(g[n].fd);
			proc_refused(&s->books->err, -rc, "thread %lld of %lld",
				     (long long)n + 1, (long long)s->connections);
			break;
		}
	}
	while (n > 0)
		pthread_join(g[--n].thread, NULL);
	pthread_attr_destroy(&attr);
	s->books->bytes = (uint64_t)atom_load_rlx(&tally.bytes);
	s->books->connections = atom_load_rlx(&tally.connections);
	free(g);
	return rc;
}

int
echo_serve_processes(const struct echo_server *s)
{
	struct tally *tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int rc = 0;

	if (tally == MAP_FAILED)
		return err_set(&s->books->err, errno, "cannot map the tally");
	for (int64_t i = 0; i < s->connections && rc == 0; i++) {
		const int fd = accept_one(s);
		pid_t pid;

		if (fd < 0) {
			rc = fd;
			break;
		}
		pid = proc_fork(PROC_DIES_WITH_PARENT | PROC_IGNORES_SIGINT,
				&s->books->err);
		if (pid == 0) {
			const int64_t n = serve_blocking(fd);

			atom_add_rlx(&tally->bytes, n > 0 ? n : 0);
			atom_add_rlx(&tally->connections, n >= 0);
			_exit(0);
		}
		close(fd);
		rc = pid < 0 ? (int)pid : 0;
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	s->books->bytes = (uint64_t)atom_load_rlx(&tally->bytes);
	s->books->connections = atom_load_rlx(&tally->connections);
	munmap(tally, sizeof(*tally));
	return rc;
}
