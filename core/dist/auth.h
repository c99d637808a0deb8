/*
 * auth.h - the handshake of multiprocessing.connection, as a machine of messages.
 *
 * Each side proves that it knows the key: it answers a challenge of the other with a
 * digest of it. CPython up to 3.11 sends 20 random bytes and answers with 16 bytes of
 * HMAC-MD5; later ones send "{sha256}" and 40 random bytes and answer "{sha256}" and
 * the HMAC. Ours sends the new challenge and takes either answer, so that it gets
 * along with all of them. What is no challenge of these two shapes is not answered.
 *
 * Nothing waits here: the caller moves the messages. One thread a machine.
 */
#ifndef CORE_DIST_AUTH_H
#define CORE_DIST_AUTH_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUTH_MESSAGE_MAX 256 /* before both sides know each other */

enum auth_outcome {
	AUTH_GOES_ON, /* send what is to be sent, wait for a message */
	AUTH_DONE,    /* the same, and both sides know each other */
	AUTH_WRONG,   /* the peer does not know our key; send, close */
	AUTH_REFUSED, /* the peer says that we do not know its key; close */
	AUTH_ALIEN,   /* this is no handshake; close */
};

struct auth {
	bool serves;	 /* was connected to */
	int step;	 /* private */
	const void *key; /* borrowed */
	size_t key_bytes;
	uint8_t challenge[64]; /* ours */
	size_t challenge_bytes;
	uint8_t out[AUTH_MESSAGE_MAX]; /* message to be sent */
	size_t out_bytes;	       /* 0: none */
};

/* Begins; a server has its first message in out. 0 or -errno (no random numbers). */
int auth_begin(struct auth *a, bool serves, const void *key, size_t key_bytes,
	       struct err *e);

/* Takes a message of the peer; out is what to send next. */
enum auth_outcome auth_step(struct auth *a, const void *message, size_t n);

/* The answer to a challenge (without "#CHALLENGE#") into out; its length, or 0 for
 * what must not be answered. */
size_t auth_answer(const void *key, size_t key_bytes, const void *challenge, size_t n,
		   uint8_t out[static AUTH_MESSAGE_MAX]);

/* True when the answer fits the challenge. In constant time. */
bool auth_verify(const void *key, size_t key_bytes, const void *challenge, size_t n,
		 const void *answer, size_t answer_bytes);

#endif
