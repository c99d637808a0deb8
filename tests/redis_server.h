/*
 * redis_server.h - a Redis or Valkey server for a test: on a free port of the loopback
 * interface, with a folder of its own; it ends with the test.
 */
#ifndef TESTS_REDIS_SERVER_H
#define TESTS_REDIS_SERVER_H

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct server {
	char dir[64], port_text[8], url[64];
	int port;
	pid_t pid;
	const char *const *more; /* its options, ended by NULL; or NULL */
};

/* Whether a program is in $PATH. */
static inline bool
server_is_there(const char *name)
{
	const char *path = getenv("PATH");
	char file[256];

	for (; path != NULL && *path != '\0'; path += *path == ':') {
		const size_t n = strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/%s", (int)n, path, name);
		if (access(file, X_OK) == 0)
			return true;
		path += n;
	}
	return false;
}

static inline const char *
server_name(void)
{
	const char *asked = getenv("CONCBENCH_TEST_REDIS");

	if (asked != NULL)
		return asked;
	return server_is_there("redis-server") ? "redis-server" : "valkey-server";
}

static inline int
server_free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_geq(fd, 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&a, n), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	close(fd);
	return ntohs(a.sin_port);
}

static inline bool
server_answers(const struct server *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((uint16_t)s->port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const bool is_up = connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;

	close(fd);
	return is_up;
}

/* Starts the server on its port and folder, and waits until it listens: false when it
 * ended instead (somebody took the port). What it confirmed is on its disk: with
 * `everysec` it holds writes back, beside its fsync, and a kill loses them. */
static inline bool
server_run(struct server *s)
{
	const char *argv[48] = { server_name(),	 "--port",    s->port_text,
				 "--bind",	 "127.0.0.1", "--dir",
				 s->dir,	 "--save",    "",
				 "--appendonly", "yes",	      "--appendfsync",
				 "always",	 "--logfile", "log" };
	int n = 15;

	for (const char *const *o = s->more; o != NULL && *o != NULL && n < 46; o++)
		argv[n++] = *o;
	s->pid = fork();
	cr_assert_geq(s->pid, 0);
	if (s->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	while (!server_answers(s)) {
		if (waitpid(s->pid, NULL, WNOHANG) == s->pid)
			return false;
		poll(NULL, 0, 5); /* its start is the condition; no test's deadline */
	}
	return true;
}

/* Its folder; skips the test where there is no server. */
static inline void
server_prepare(struct server *s, const char *const *more)
{
	signal(SIGPIPE, SIG_IGN);
	*s = (struct server){ .more = more };
	if (!server_is_there(server_name()))
		cr_skip_test("needs redis-server");
	snprintf(s->dir, sizeof(s->dir), "%.40s/redis-XXXXXX",
		 getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	cr_assert_not_null(mkdtemp(s->dir));
}

static inline void
server_begin(struct server *s)
{
	do {
		s->port = server_free_port();
		snprintf(s->port_text, sizeof(s->port_text), "%d", s->port);
	} while (!server_run(s));
	snprintf(s->url, sizeof(s->url), "redis://127.0.0.1:%d", s->port);
}

static inline void
server_start(struct server *s, const char *const *more)
{
	server_prepare(s, more);
	server_begin(s);
}

static inline void
server_kill(struct server *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
}

static inline int
server_unlink(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

/* Takes its files away. */
static inline void
server_forget(const struct server *s)
{
	nftw(s->dir, server_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void
server_end(struct server *s)
{
	server_kill(s);
	server_forget(s);
}

#endif
