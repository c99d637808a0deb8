/*
 * mac.c - HMAC-MD5 and HMAC-SHA-256 over libmd.
 *
 * Source: H. Krawczyk, M. Bellare and R. Canetti, RFC 2104, 1997.
 */
#include "core/dist/mac.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#ifdef CONCBENCH_LIBMD
#include <md5.h>
#include <sha2.h>

enum { BLOCK = 64 }; /* of both */

struct digest {
	enum mac_digest which;
	union {
		MD5_CTX md5;
		SHA2_CTX sha;
	};
};

static void
begin(struct digest *d, enum mac_digest which)
{
	d->which = which;
	if (which == MAC_MD5)
		MD5Init(&d->md5);
	else
		SHA256Init(&d->sha);
}

static void
add(struct digest *d, const void *from, size_t n)
{
	if (d->which == MAC_MD5)
		MD5Update(&d->md5, from, n);
	else
		SHA256Update(&d->sha, from, n);
}

static size_t
end(struct digest *d, uint8_t out[static MAC_MAX])
{
	if (d->which == MAC_MD5) {
		MD5Final(out, &d->md5);
		return MD5_DIGEST_LENGTH;
	}
	SHA256Final(out, &d->sha);
	return SHA256_DIGEST_LENGTH;
}

bool
mac_available(char *why, size_t size)
{
	(void)why;
	(void)size;
	return true;
}

size_t
mac_compute(enum mac_digest digest, const void *key, size_t key_bytes, const void *from,
	    size_t n, uint8_t out[static MAC_MAX])
{
	uint8_t block[BLOCK] = { 0 }, pad[BLOCK];
	struct digest d;
	size_t length;

	if (key_bytes > BLOCK) {
		begin(&d, digest);
		add(&d, key, key_bytes);
		end(&d, block);
	} else if (key_bytes > 0) {
		memcpy(block, key, key_bytes);
	}
	for (int i = 0; i < BLOCK; i++)
		pad[i] = block[i] ^ 0x36;
	begin(&d, digest);
	add(&d, pad, BLOCK);
	add(&d, from, n);
	length = end(&d, out);
	for (int i = 0; i < BLOCK; i++)
		pad[i] = block[i] ^ 0x5c;
	begin(&d, digest);
	add(&d, pad, BLOCK);
	add(&d, out, length);
	end(&d, out);
	explicit_bzero(block, sizeof(block));
	explicit_bzero(pad, sizeof(pad));
	explicit_bzero(&d, sizeof(d));
	return length;
}

#else

bool
mac_available(char *why, size_t size)
{
	snprintf(why, size, "needs libmd-dev");
	return false;
}

size_t
mac_compute(enum mac_digest digest, const void *key, size_t key_bytes, const void *from,
	    size_t n, uint8_t out[static MAC_MAX])
{
	(void)digest;
	(void)key;
	(void)key_bytes;
	(void)from;
	(void)n;
	memset(out, 0, MAC_MAX);
	return 0;
}

#endif

bool
mac_equal(const void *a, const void *b, size_t n)
{
	const volatile uint8_t *x = a, *y = b;
	uint8_t differ = 0;

	for (size_t i = 0; i < n; i++)
		differ |= (uint8_t)(x[i] ^ y[i]);
	return differ == 0;
}

int
mac_random(void *to, size_t n, struct err *e)
{
	if (getrandom(to, n, 0) != (ssize_t)n)
		return err_set(e, errno, "the kernel has no random numbers");
	return 0;
}
