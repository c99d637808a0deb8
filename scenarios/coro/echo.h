/*
 * echo.h - an echo server on the loopback: coroutine, thread or process a connection.
 */
#ifndef SCENARIOS_CORO_ECHO_H
#define SCENARIOS_CORO_ECHO_H

#include "core/coro.h"
#include "core/err.h"

#include <stddef.h>
#include <stdint.h>

/* What the server counted; in memory shared with the client. */
struct echo_books {
	int64_t connections;
	uint64_t bytes, cpu_ns;
	int rc;
	struct err err;
};

struct echo_server {
	int listen_fd;
	int64_t connections; /* to be served; then it ends */
	size_t stack_bytes;
	struct echo_books *books; /* shared */
};

/* The three servers: serve all connections and return 0 or -errno (books->err). */
int echo_serve_coroutines(const struct echo_server *s);
int echo_serve_threads(const struct echo_server *s);
int echo_serve_processes(const struct echo_server *s);

#endif
