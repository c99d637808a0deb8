/*
 * mac.h - keyed digests of the handshake: HMAC-MD5 and HMAC-SHA-256.
 *
 * The digests are libmd's; HMAC over them is RFC 2104. Any thread.
 */
#ifndef CORE_DIST_MAC_H
#define CORE_DIST_MAC_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mac_digest { MAC_MD5, MAC_SHA256 };

#define MAC_MAX 32 /* bytes of the longest */

/* False, with the reason in why, in a build without libmd. */
bool mac_available(char *why, size_t size);

/* The digest of n bytes at `from` under the key. Returns its length: 16 or 32; 0 in a
 * build without libmd. */
size_t mac_compute(enum mac_digest digest, const void *key, size_t key_bytes,
		   const void *from, size_t n, uint8_t out[static MAC_MAX]);

/* True when n bytes are the same; takes as long when they are not. */
bool mac_equal(const void *a, const void *b, size_t n);

/* Fills n (at most 256) bytes from the kernel. 0 or -errno; never falls back. */
int mac_random(void *to, size_t n, struct err *e);

#endif
