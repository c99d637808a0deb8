/*
 * auth.c - the handshake of multiprocessing.connection.
 */
#include "core/dist/auth.h"

#include "core/dist/mac.h"

#include <string.h>

#define CHALLENGE "#CHALLENGE#"
#define WELCOME "#WELCOME#"
#define FAILURE "#FAILURE#"

enum { OLD_BYTES = 20, NEW_BYTES = 40, MD5_BYTES = 16 };

/*
 * A server: sends its challenge, DIGEST -> sends WELCOME, CHALLENGE -> sends its
 * digest, WELCOME -> done. A client: CHALLENGE, WELCOME, DIGEST.
 */
enum { WANTS_DIGEST, WANTS_CHALLENGE, WANTS_WELCOME };

struct name {
	const char *text;
	enum mac_digest digest;
};

static const struct name names[] = { { "{sha256}", MAC_SHA256 }, { "{md5}", MAC_MD5 } };

/* The digest that a message names at its start; NULL: none that we know. */
static const struct name *
named(const void *message, size_t n)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const size_t length = strlen(names[i].text);

		if (n > length && memcmp(message, names[i].text, length) == 0)
			return &names[i];
	}
	return NULL;
}

size_t
auth_answer(const void *key, size_t key_bytes, const void *challenge, size_t n,
	    uint8_t out[static AUTH_MESSAGE_MAX])
{
	const struct name *name = named(challenge, n);
	size_t length;

	if (n == OLD_BYTES)
		return mac_compute(MAC_MD5, key, key_bytes, challenge, n, out);
	if (name == NULL || n < strlen(name->text) + OLD_BYTES || n > AUTH_MESSAGE_MAX)
		return 0;
	length = strlen(name->text);
	memcpy(out, name->text, length);
	return length +
	       mac_compute(name->digest, key, key_bytes, challenge, n, out + length);
}

bool
auth_verify(const void *key, size_t key_bytes, const void *challenge, size_t n,
	    const void *answer, size_t answer_bytes)
{
	const struct name *name = named(answer, answer_bytes);
	const bool raw = answer_bytes == MD5_BYTES;
	const size_t skip = raw || name == NULL ? 0 : strlen(name->text);
	const enum mac_digest digest = raw || name == NULL ? MAC_MD5 : name->digest;
	uint8_t mac[MAC_MAX];
	size_t length;

	if (!raw && name == NULL)
		return false;
	length = mac_compute(digest, key, key_bytes, challenge, n, mac);
	return length > 0 && answer_bytes - skip == length &&
	       mac_equal((const uint8_t *)answer + skip, mac, length);
}

static void
say(struct auth *a, const char *text)
{
	a->out_bytes = strlen(text);
	memcpy(a->out, text, a->out_bytes);
}

static void
say_challenge(struct auth *a)
{
	say(a, CHALLENGE);
	memcpy(a->out + a->out_bytes, a->challenge, a->challenge_bytes);
	a->out_bytes += a->challenge_bytes;
}

int
auth_begin(struct auth *a, bool serves, const void *key, size_t key_bytes,
	   struct err *e)
{
	const size_t prefix = strlen(names[0].text);

	*a = (struct auth){ .serves = serves,
			    .step = serves ? WANTS_DIGEST : WANTS_CHALLENGE,
			    .key = key,
			    .key_bytes = key_bytes,
			    .challenge_bytes = prefix + NEW_BYTES };
	memcpy(a->challenge, names[0].text, prefix);
	if (mac_random(a->challenge + prefix, NEW_BYTES, e) != 0)
		return -e->code;
	if (serves)
		say_challenge(a);
	return 0;
}

static bool
is(const void *message, size_t n, const char *text)
{
	return n == strlen(text) && memcmp(message, text, n) == 0;
}

static enum auth_outcome
take_digest(struct auth *a, const void *message, size_t n)
{
	if (!auth_verify(a->key, a->key_bytes, a->challenge, a->challenge_bytes,
			 message, n)) {
		say(a, FAILURE);
		return AUTH_WRONG;
	}
	say(a, WELCOME);
	a->step = WANTS_CHALLENGE;
	return a->serves ? AUTH_GOES_ON : AUTH_DONE;
}

static enum auth_outcome
take_challenge(struct auth *a, const void *message, size_t n)
{
	const size_t prefix = strlen(CHALLENGE);

	if (n <= prefix || memcmp(message, CHALLENGE, prefix) != 0)
		return AUTH_ALIEN;
	a->out_bytes =
		auth_answer(a->key, a->key_bytes, (const uint8_t *)message + prefix,
			    n - prefix, a->out);
	a->step = WANTS_WELCOME;
	return a->out_bytes != 0 ? AUTH_GOES_ON : AUTH_ALIEN;
}

enum auth_outcome
auth_step(struct auth *a, const void *message, size_t n)
{
	a->out_bytes = 0;
	switch (a->step) {
	case WANTS_DIGEST:
		return take_digest(a, message, n);
	case WANTS_CHALLENGE:
		return take_challenge(a, message, n);
	default:
		break;
	}
	if (is(message, n, FAILURE))
		return AUTH_REFUSED;
	if (!is(message, n, WELCOME))
		return AUTH_ALIEN;
	if (a->serves)
		return AUTH_DONE;
	say_challenge(a);
	a->step = WANTS_DIGEST;
	return AUTH_GOES_ON;
}
