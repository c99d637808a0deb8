/*
 * client.h - a connection to a manager, ours or Python's: requests and replies.
 *
 * One thread at a time. Waits end at a deadline of clock_ns() or with the stop.
 */
#ifndef CORE_DIST_CLIENT_H
#define CORE_DIST_CLIENT_H

#include "core/dist/eager.h"
#include "core/dist/engine.h"
#include "core/dist/pickle.h"
#include "core/dist/wire.h"
#include "core/err.h"
#include "core/stop.h"

/* A reply of one task or result, and what is around it. */
#define CLIENT_REPLY_MAX ((size_t)DIST_PAYLOAD_MAX + 65536)

struct client_config {
	const char *address;
	const char *near; /* name of a Unix domain socket instead; may be NULL */
	const void *key;
	size_t key_bytes;
	const struct stop *stop; /* may be NULL */
};

struct client {
	const struct client_config *config;
	int fd; /* -1: not connected */
	struct wire in, out;
	bool waits; /* recv() may wait a little: no poll() for what comes soon */
	bool asked; /* a request went out, nothing was read since */
	struct eager eager; /* how it waits for what it asked for */
	size_t reply_bytes; /* of the last reply, which still stands in `in` */
	struct arena arena; /* values of the last reply */
};

void client_init(struct client *c, const struct client_config *config);

/*
 * Connects and shakes hands. 0; -EACCES: one side does not know the other's key;
 * -EPROTO: this is no manager; -errno.
 */
int client_connect(struct client *c, uint64_t deadline_ns, struct err *e);

/* Begins a request (ident or NULL, method); then its arguments, one by one, follow in
 * c->out as pickle bodies; ends it, not sending anything yet. */
size_t client_begin(struct client *c, const char *ident, const char *method);
void client_end(struct client *c, size_t begin);

/* Sends what is to be sent. */
int client_send(struct client *c, uint64_t deadline_ns, struct err *e);

/*
 * Waits for a reply: its value, valid until the next call. 0; -ETIMEDOUT; -ENOENT: the
 * exception queue.Empty; -ESHUTDOWN: queue.ShutDown; -EREMOTEIO: the other side says
 * that the request failed, and why; -EPIPE: it is gone; -EBADMSG; -ENOTSUP: a reply
 * that is not read here; -errno.
 */
int client_receive(struct client *c, uint64_t deadline_ns, const struct value **v,
		   struct err *e);

/* Waits for a whole message of at most `limit` bytes: *message (*n bytes) is there
 * until wire_taken(&c->in, *whole). Errors as of client_receive(), and -EPROTO.
 * Private. */
int client_message(struct client *c, size_t limit, uint64_t deadline_ns,
		   const uint8_t **message, size_t *n, size_t *whole, struct err *e);

/* client_send() and client_receive(). */
int client_call(struct client *c, uint64_t deadline_ns, const struct value **v,
		struct err *e);

/* A control request on a connection of its own, with one text: connects, asks, leaves
 * c connected until the next client_close(), as v needs it. */
int client_control(struct client *c, const char *method, const char *text,
		   uint64_t deadline_ns, const struct value **v, struct err *e);

void client_close(struct client *c);
void client_fini(struct client *c);

#endif
