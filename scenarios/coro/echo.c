/*
 * echo.c - `concbench coro echo`: the client, a coroutine a connection, and its load.
 */
#include "scenarios/coro/echo.h"

#include "core/clock.h"
#include "core/human.h"
#include "core/proc.h"
#include "scenarios/coro/coro_run.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connections that are being made at once: the kernel's backlog holds some. */
enum { CONNECTING_MAX = 128, BACKLOG = 4096, FDS_BESIDE = 64 };

struct load {
	struct run *run;
	const struct coro_opts *o;
	int64_t messages; /* of each connection */
	struct sockaddr_in to;
	struct hub hub;
	struct hub_semaphore connecting;
	struct hub_event all_connected;
	int64_t connected, done, answered, wrong;
	uint64_t first_ns, last_ns;
	struct hist *round_trip;
	struct err err; /* of the first that failed */
	char *message;	/* size + connections: each sends another part of it */
};

static const struct {
	const char *name;
	int (*serve)(const struct echo_server *s);
} servers[] = {
	[SERVER_COROUTINE] = { "coroutine", echo_serve_coroutines },
	[SERVER_THREAD] = { "thread", echo_serve_threads },
	[SERVER_PROCESS] = { "process", echo_serve_processes },
};

static const struct event_type server_event = {
	.name = "server",
	.say = "● echo server at 127.0.0.1:{a}, a {s} a connection",
	.key_a = "port",
	.key_s = "per",
};
static const struct event_type connected_event = { .name = "connected",
						   .say = "├─ {a} connected",
						   .key_a = "connections" };
static const struct event_type echoed_event = {
	.name = "echoed",
	.say = "■ {a} messages there and back in {b}",
	.key_a = "messages",
	.key_b = "took_ns",
	.unit_b = EVENT_NS,
};

static int
note_failure(struct load *l, int code, const char *what)
{
	if (l->err.code == 0)
		err_set(&l->err, code, "%s of connection %lld", what,
			(long long)l->connected + 1);
	return -code;
}

static int
connect_one(struct load *l, struct hub_fd *f)
{
	socklen_t n = sizeof(int);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int failed = 0, rc;

	if (fd < 0)
		return note_failure(l, errno, "socket");
	rc = connect(fd, (const struct sockaddr *)&l->to, sizeof(l->to));
	if (rc != 0 && errno != EINPROGRESS) {
		rc = note_failure(l, errno, "connect");
		close(fd);
		return rc;
	}
	rc = hub_fd_open(&l->hub, f, fd, &l->err);
	if (rc == 0) {
		rc = hub_fd_wait(f, HUB_WRITE, UINT64_MAX);
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &n);
		if (rc == 0 && failed != 0)
			rc = note_failure(l, failed, "connect");
		if (rc != 0)
			hub_fd_close(f);
	}
	if (rc != 0)
		close(fd);
	return rc;
}

/* One message there and back; 0 or -errno. */
static int
echo_once(struct load *l, struct hub_fd *f, const char *message, char *buf)
{
	const size_t size = (size_t)l->o->size_bytes;
	const uint64_t begin_ns = clock_ns();
	size_t got = 0;
	ssize_t n = hub_send(f, message, size, UINT64_MAX);

	while (n > 0 && got < size) {
		n = hub_recv(f, buf + got, size - got, UINT64_MAX);
		got += n > 0 ? (size_t)n : 0;
	}
	if (n <= 0)
		return n == -ECANCELED
			       ? (int)n
			       : note_failure(l, n < 0 ? (int)-n : EPIPE, "echo");
	hist_add(l->round_trip, clock_ns() - begin_ns);
	l->answered++;
	l->wrong += memcmp(message, buf, size) != 0;
	return 0;
}

static intptr_t
talk(void *arg)
{
	struct load *l = arg;
	struct hub_fd f;
	const char *message;
	char *buf;
	int rc = hub_semaphore_acquire(&l->connecting, UINT64_MAX);

	if (rc != 0)
		return rc;
	rc = connect_one(l, &f);
	hub_semaphore_release(&l->connecting);
	message = l->message + l->connected % 256;
	if (rc != 0 || ++l->connected == l->o->coroutines) {
		l->first_ns = clock_ns();
		if (rc == 0)
			trace_emit(&connected_event, l->connected, 0, NULL);
		hub_event_set(&l->all_connected);
	}
	if (rc != 0)
		return rc;
	buf = malloc((size_t)l->o->size_bytes);
	rc = buf == NULL ? -ENOMEM : hub_event_wait(&l->all_connected, UINT64_MAX);
	for (int64_t i = 0; i < l->messages && rc == 0; i++)
		rc = echo_once(l, &f, message, buf);
	free(buf);
	hub_fd_close(&f);
	close(f.fd);
	l->last_ns = clock_ns();
	l->done += rc == 0;
	return rc;
}

/* Room for n descriptors; a hint where there is none. */
static int
raise_descriptors(int64_t n, struct err *e)
{
	const rlim_t want = (rlim_t)n + FDS_BESIDE;
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= want)
		return 0;
	r.rlim_cur = want;
	if (r.rlim_max < want)
		r.rlim_max = want; /* root may */
	if (setrlimit(RLIMIT_NOFILE, &r) == 0)
		return 0;
	err_set(e, EMFILE, "%lld connections need as many descriptors", (long long)n);
	err_hint(e, "raise the limit: ulimit -n %llu", (unsigned long long)want);
	return -EMFILE;
}

static int
listen_here(struct sockaddr_in *at, struct err *e)
{
	socklen_t n = sizeof(*at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	*at = (struct sockaddr_in){ .sin_family = AF_INET };
	at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0)
		return err_set(e, errno, "cannot make a socket");
	if (bind(fd, (struct sockaddr *)at, sizeof(*at)) != 0 ||
	    listen(fd, BACKLOG) != 0 ||
	    getsockname(fd, (struct sockaddr *)at, &n) != 0) {
		err_set(e, errno, "cannot listen on the loopback");
		close(fd);
		return -e->code;
	}
	return fd;
}

/* The server in a child process; its pidfd, or -errno. */
static int
start_server(const struct coro_opts *o, int server, int listen_fd,
	     struct echo_books *books, struct err *e)
{
	const struct echo_server s = { .listen_fd = listen_fd,
				       .connections = o->coroutines,
				       .stack_bytes = (size_t)o->stack_bytes,
				       .books = books };
	pid_t pid = proc_fork(PROC_DIES_WITH_PARENT | PROC_IGNORES_SIGINT, e);

	if (pid == 0) {
		/* The other two wait in accept(). */
		if (server != SERVER_COROUTINE)
			fcntl(listen_fd, F_SETFL, 0);
		books->rc = servers[server].serve(&s);
		books->cpu_ns = clock_process_cpu_ns();
		_exit(books->rc == 0 ? 0 : 1);
	}
	return pid < 0 ? (int)pid : proc_open(pid, e);
}

static void
conclude(struct load *l, const struct echo_books *b, const char *per)
{
	struct result *r = l->run->result;
	const int64_t all = l->o->coroutines * l->messages, m = l->o->coroutines;
	const double s = (double)(l->last_ns - l->first_ns) / 1e9;
	char rate[HUMAN_TEXT], p50[HUMAN_TEXT], p99[HUMAN_TEXT], cpu[HUMAN_TEXT];

	result_sample(r, result_series(r, per, m, &coro_metrics[CORO_M_WALL]),
		      (double)(l->last_ns - l->first_ns));
	result_sample(r, result_series(r, per, m, &coro_metrics[CORO_M_RATE]),
		      (double)l->answered / s);
	result_sample(r, result_series(r, per, m, &coro_metrics[CORO_M_CPU]),
		      (double)b->cpu_ns);
	result_hist(r, result_series(r, per, m, &coro_metrics[CORO_M_ROUND_TRIP]),
		    l->round_trip);
	result_check(r, per, "every message came back as it was sent",
		     l->answered == all && l->wrong == 0, "%lld of %lld, %lld wrong",
		     (long long)l->answered, (long long)all, (long long)l->wrong);
	result_check(r, per, "the server served every connection to its end",
		     b->connections == m &&
			     b->bytes == (uint64_t)all * l->o->size_bytes,
		     "%lld of %lld connections, %llu bytes", (long long)b->connections,
		     (long long)m, (unsigned long long)b->bytes);
	human_count(rate, (double)l->answered / s);
	human_ns(p50, (double)hist_quantile(l->round_trip, 0.5));
	human_ns(p99, (double)hist_quantile(l->round_trip, 0.99));
	human_ns(cpu, (double)b->cpu_ns / (double)(all > 0 ? all : 1));
	result_line(
		r,
		"a %s a connection: %lld connections, %s messages/s, round trip p50 "
		"%s p99 %s, server CPU %s a message",
		per, (long long)m, rate, p50, p99, cpu);
}

/* All connections of the client; 0 or -errno. */
static int
run_client(struct load *l, struct err *e)
{
	const struct hub_config c = {
		.coro = { .stack_bytes = (size_t)l->o->stack_bytes },
		.stop = l->run->stop,
		.role = -1,
	};
	int rc = hub_init(&l->hub, &c, e);

	if (rc != 0)
		return rc;
	for (int64_t i = 0; i < l->o->coroutines && rc == 0; i++) {
		struct task *t = hub_spawn(&l->hub, NULL, talk, l, e);

		rc = t == NULL ? -ENOMEM : 0;
		hub_release(t);
	}
	if (rc == 0)
		rc = hub_run(&l->hub, e);
	hub_fini(&l->hub);
	if (rc == 0 && l->err.code != 0) {
		*e = l->err;
		rc = -e->code;
	}
	return rc;
}

/* Client and server of one sort. */
static int
run_pair(struct load *l, int server, struct echo_books *books, struct err *e)
{
	const char *per = servers[server].name;
	int fd = listen_here(&l->to, e), pidfd, status = 0, rc;

	if (fd < 0)
		return fd;
	pidfd = start_server(l->o, server, fd, books, e);
	close(fd);
	if (pidfd < 0)
		return pidfd;
	trace_emit(&server_event, ntohs(l->to.sin_port), 0, per);
	rc = run_client(l, e);
	if (rc != 0 || proc_wait(pidfd, clock_deadline_ns(10 * NS_PER_S), &status) != 0)
		proc_discard(pidfd);
	else
		close(pidfd);
	/* The server's own words say more than what the client saw of it. */
	if (books->rc != 0 && books->err.msg[0] != '\0') {
		*e = books->err;
		rc = books->rc;
	}
	if (rc == -ECANCELED)
		return 0;
	if (rc != 0)
		return rc;
	trace_emit(&echoed_event, l->answered, (int64_t)(l->last_ns - l->first_ns),
		   NULL);
	conclude(l, books, per);
	return 0;
}

static int
run_server(struct run *run, const struct coro_opts *o, int server, struct err *e)
{
	struct load l = { .run = run,
			  .o = o,
			  .messages = o->iterations != 0 ? o->iterations : 10,
			  .connecting = { .name = "connecting",
					  .value = CONNECTING_MAX },
			  .all_connected = { .name = "all connected" } };
	const size_t bytes = (size_t)o->size_bytes + 256;
	struct echo_books *books = mmap(NULL, sizeof(*books), PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int rc;

	if (books == MAP_FAILED)
		return err_set(e, errno, "cannot map the server's books");
	l.message = malloc(bytes);
	l.round_trip = calloc(1, sizeof(*l.round_trip));
	if (l.message == NULL || l.round_trip == NULL) {
		rc = err_set(e, ENOMEM, "no memory for the client");
	} else {
		for (size_t i = 0; i < bytes; i++)
			l.message[i] = (char)(i * 131 + i / 251);
		rc = run_pair(&l, server, books, e);
	}
	free(l.message);
	free(l.round_trip);
	munmap(books, sizeof(*books));
	return rc;
}

int
coro_echo(struct run *run, const struct coro_opts *o, const struct coro_kind *kind,
	  int role0, struct err *e)
{
	int rc = raise_descriptors(o->coroutines, e);

	(void)kind;
	(void)role0;
	for (int s = SERVER_COROUTINE; s <= SERVER_PROCESS && rc == 0; s++)
		if ((o->server == SERVER_ALL || o->server == s) &&
		    stop_reason(run->stop) == STOP_NONE)
			rc = run_server(run, o, s, e);
	return rc;
}
