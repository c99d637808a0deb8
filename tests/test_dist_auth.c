/*
 * test_dist_auth - digests, the handshake, messages.
 */
#include "core/dist/auth.h"
#include "core/dist/mac.h"
#include "core/dist/wire.h"
#include "tests/dist_fixture.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static void
check_mac(enum mac_digest d, const char *key, const char *text, const char *hex)
{
	unsigned char expected[MAC_MAX];
	uint8_t mac[MAC_MAX];
	const size_t n = fixture_hex(hex, strlen(hex), expected);

	cr_assert_eq(mac_compute(d, key, strlen(key), text, strlen(text), mac), n);
	cr_assert(mac_equal(mac, expected, n));
	mac[n - 1] ^= 1;
	cr_assert_not(mac_equal(mac, expected, n));
}

/* RFC 2202 and RFC 4231, test cases 2; a key that is longer than a block. */
Test(dist_auth, digests_are_those_of_the_rfcs)
{
	char longest[132];

	memset(longest, 0xaa, 131);
	longest[131] = '\0';
	check_mac(MAC_MD5, "Jefe", "what do ya want for nothing?",
		  "750c783e6ab0b503eaa86e310a5db738");
	check_mac(MAC_SHA256, "Jefe", "what do ya want for nothing?",
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	check_mac(MAC_SHA256, longest,
		  "Test Using Larger Than Block-Size Key - Hash Key First",
		  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static enum auth_outcome
give(struct auth *from, struct auth *to)
{
	return auth_step(to, from->out, from->out_bytes);
}

Test(dist_auth, both_sides_agree)
{
	struct auth server, client;
	struct err e;

	cr_assert_eq(auth_begin(&server, true, "abc", 3, &e), 0);
	cr_assert_eq(auth_begin(&client, false, "abc", 3, &e), 0);
	cr_assert_eq(client.out_bytes, 0);
	cr_assert_eq(give(&server, &client), AUTH_GOES_ON);
	cr_assert_eq(give(&client, &server), AUTH_GOES_ON);
	cr_assert_eq(give(&server, &client), AUTH_GOES_ON);
	cr_assert_eq(give(&client, &server), AUTH_GOES_ON);
	cr_assert_eq(give(&server, &client), AUTH_DONE);
	cr_assert_eq(give(&client, &server), AUTH_DONE);
	cr_assert_eq(server.out_bytes, 0);
}

Test(dist_auth, a_wrong_key_is_told_to_both)
{
	struct auth server, client;
	struct err e;

	cr_assert_eq(auth_begin(&server, true, "abc", 3, &e), 0);
	cr_assert_eq(auth_begin(&client, false, "abd", 3, &e), 0);
	cr_assert_eq(give(&server, &client), AUTH_GOES_ON);
	cr_assert_eq(give(&client, &server), AUTH_WRONG);
	cr_assert_eq(give(&server, &client), AUTH_REFUSED);
}

Test(dist_auth, odd_challenges_are_not_answered)
{
	static const char *const odd[] = {
		"#CHALLENGE#",
		"#CHALLENGE#short",
		"#CHALLENGE#{sha256}short",
		"#CHALLENGE#{sha3_256}0123456789012345678901234567890123456789",
		"#CHALLENGE#0123456789012345678901234567890123456789",
		"#WELCOME#",
		"SSH-2.0-OpenSSH_9.2p1",
		"",
	};
	struct auth client;
	struct err e;

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		cr_assert_eq(auth_begin(&client, false, "abc", 3, &e), 0);
		cr_assert_eq(auth_step(&client, odd[i], strlen(odd[i])), AUTH_ALIEN,
			     "%s", odd[i]);
		cr_assert_eq(client.out_bytes, 0);
	}
}

/* The challenge last seen by connection and direction, and whether it was answered
 * rightly. */
struct seen {
	struct bytes challenge[64][2];
	bool right[64][2];
	int digests;
};

static void
check_message(char *const *field, void *arg)
{
	struct seen *s = arg;
	struct bytes b = fixture_bytes(field[2]);
	const size_t c = strtoul(field[0], NULL, 10) % 64;
	const int from = field[1][0] == 'S';
	const unsigned char *m = b.at + 4;
	const size_t n = b.n - 4;

	if (n > 11 && memcmp(m, "#CHALLENGE#", 11) == 0) {
		free(s->challenge[c][from].at);
		s->challenge[c][from].at = malloc(n);
		s->challenge[c][from].n = n - 11;
		memcpy(s->challenge[c][from].at, m + 11, n - 11);
	} else if (n == 9 && memcmp(m, "#WELCOME#", 9) == 0) {
		cr_assert(s->right[c][!from]);
	} else if (n == 9 && memcmp(m, "#FAILURE#", 9) == 0) {
		cr_assert_not(s->right[c][!from]);
	} else if (n > 0 && m[0] != 0x80) {
		s->right[c][from] = auth_verify("abc", 3, s->challenge[c][!from].at,
						s->challenge[c][!from].n, m, n);
		s->digests++;
	}
	free(b.at);
}

Test(dist_auth, digests_of_captured_sessions)
{
	int digests = 0;

	for (const char *const *file = fixture_sessions; *file != NULL; file++) {
		struct seen *s = calloc(1, sizeof(*s));

		fixture_each(*file, ' ', check_message, s);
		digests += s->digests;
		for (size_t c = 0; c < 64; c++)
			for (int k = 0; k < 2; k++)
				free(s->challenge[c][k].at);
		free(s);
	}
	cr_assert_eq(digests, 256);
}

Test(dist_wire, messages_come_whole_however_they_are_cut)
{
	struct wire from = { 0 }, to = { 0 };
	const uint8_t *m;
	size_t n, whole;
	int got = 0;

	wire_add_message(&from, "one", 3);
	wire_add_message(&from, "", 0);
	wire_add_message(&from, "three", 5);
	for (size_t i = 0; i < from.n; i++) {
		wire_add(&to, from.at + i, 1);
		while (wire_message(&to, 256, &m, &n, &whole) == 1) {
			static const char *const expected[] = { "one", "", "three" };

			cr_assert_eq(n, strlen(expected[got]));
			cr_assert_eq(memcmp(m, expected[got], n), 0);
			wire_taken(&to, whole);
			got++;
		}
	}
	cr_assert_eq(got, 3);
	cr_assert_eq(wire_bytes(&to), 0);
	wire_fini(&from);
	wire_fini(&to);
}

Test(dist_wire, impossible_lengths_are_refused)
{
	static const uint8_t too_long[] = { 0, 0, 1, 1 };
	static const uint8_t negative[] = { 0xff, 0xff, 0xff, 0xfb };
	static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0xff, 0x40, 0,
					0,    0,    0,	  0,	0,    0 };
	static const uint8_t wide[] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0,
					0,    0,    0,	  0,	1, 7 };
	const uint8_t *m;
	size_t n, whole;

	cr_assert_eq(wire_message(&(struct wire){ .at = (uint8_t *)too_long, .n = 4 },
				  256, &m, &n, &whole),
		     -EMSGSIZE);
	cr_assert_eq(wire_message(&(struct wire){ .at = (uint8_t *)negative, .n = 4 },
				  256, &m, &n, &whole),
		     -EMSGSIZE);
	cr_assert_eq(wire_message(&(struct wire){ .at = (uint8_t *)huge, .n = 12 }, 256,
				  &m, &n, &whole),
		     -EMSGSIZE);
	cr_assert_eq(wire_message(&(struct wire){ .at = (uint8_t *)wide, .n = 13 }, 256,
				  &m, &n, &whole),
		     1);
	cr_assert_eq(n, 1);
	cr_assert_eq(*m, 7);
}
