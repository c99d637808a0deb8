/*
 * address.h - HOST:PORT, sockets that listen and connect.
 *
 * An empty host (":5000") is all addresses to listen on, this machine to connect to.
 * IPv6 addresses stand in brackets. Any thread.
 */
#ifndef CORE_DIST_ADDRESS_H
#define CORE_DIST_ADDRESS_H

#include "core/err.h"
#include "core/stop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 0, or -EINVAL with the reason, for a text that is no address. */
int address_check(const char *address, struct err *e);

/* True when only this machine can connect to it. */
bool address_is_local(const char *address);

/* A listening, non-blocking, close-on-exec socket; what it is bound to (with the port
 * that was chosen for port 0) is written to bound. Or -errno. */
int address_listen(const char *address, int backlog, char *bound, size_t size,
		   struct err *e);

/* A connected, non-blocking, close-on-exec socket, or -errno: -ETIMEDOUT past
 * deadline_ns, -ECANCELED on the stop. */
int address_connect(const char *address, uint64_t deadline_ns, const struct stop *stop,
		    struct err *e);

/*
 * The same for processes of this machine (more exactly: of this network namespace):
 * a socket of the Unix domain, by an abstract name, that is no file and goes with the
 * socket. Name: ADDRESS_NEAR bytes at most, with its NUL.
 */
#define ADDRESS_NEAR 64
int address_listen_near(const char *name, int backlog, struct err *e);
int address_connect_near(const char *name, struct err *e);

/* True when both ends of a connection have the same address: the other side is here,
 * or something that stands for it (a tunnel's end). */
bool address_is_same(int fd);

/* Who is at the other end, "10.0.0.7:41234". */
void address_of_peer(int fd, char *buf, size_t size);

#endif
