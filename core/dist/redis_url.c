/*
 * redis_url.c - where the engine is. Source of the form: RFC 3986 and the "redis" and
 * "rediss" schemes registered with IANA, less the password.
 */
#include "core/dist/redis_url.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FORM "redis://USER@HOST:PORT/DB?prefix=TEXT"

enum { PORT_MAX = 65535, DB_MAX = 1000000, SHOWN_MAX = 64 };

struct part {
	const char *s;
	size_t n;
};

/* For %.*s: a part that is too long to be shown is cut. */
static int
shown(struct part p)
{
	return p.n < SHOWN_MAX ? (int)p.n : SHOWN_MAX;
}

/* Cuts *p at the first of `ends`; what follows that byte goes to *rest. */
static bool
split(struct part *p, char end, struct part *rest)
{
	const char *at = memchr(p->s, end, p->n);

	if (at == NULL)
		return false;
	rest->s = at + 1;
	rest->n = p->n - (size_t)(at - p->s) - 1;
	p->n = (size_t)(at - p->s);
	return true;
}

static bool
is(struct part p, const char *word)
{
	return p.n == strlen(word) && memcmp(p.s, word, p.n) == 0;
}

/* A whole number of at most `max`; -1 for anything else. */
static int
number(struct part p, int max)
{
	int v = 0;

	if (p.n == 0)
		return -1;
	for (size_t i = 0; i < p.n; i++) {
		if (!isdigit((unsigned char)p.s[i]))
			return -1;
		v = v * 10 + (p.s[i] - '0');
		if (v > max)
			return -1;
	}
	return v;
}

static int
hex(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Copies p with %XX read. False: too long, a bad %XX, or a byte that is no letter. */
static bool
decode(char *to, size_t size, struct part p)
{
	size_t n = 0;

	for (size_t i = 0; i < p.n; i++) {
		int c = (unsigned char)p.s[i];

		if (c == '%') {
			if (p.n - i < 3 || hex(p.s[i + 1]) < 0 || hex(p.s[i + 2]) < 0)
				return false;
			c = hex(p.s[i + 1]) * 16 + hex(p.s[i + 2]);
			i += 2;
		}
		if (c <= ' ' || c == 0x7f || n + 1 >= size)
			return false;
		to[n++] = (char)c;
	}
	to[n] = '\0';
	return n > 0;
}

static int
read_scheme(struct redis_url *u, struct part *rest, const char *text, struct err *e)
{
	const char *colon = strstr(text, "://");
	struct part scheme = { text, colon == NULL ? 0 : (size_t)(colon - text) };

	if (colon == NULL)
		return err_set(e, EINVAL, "the engine's URL must look like " FORM);
	u->tls = is(scheme, "rediss") || is(scheme, "valkeys");
	if (!u->tls && !is(scheme, "redis") && !is(scheme, "valkey"))
		return err_set(e, EINVAL,
			       "no engine speaks '%.*s://'; known are redis, rediss "
			       "(TLS), valkey and valkeys",
			       shown(scheme), scheme.s);
	*rest = (struct part){ colon + 3, strlen(colon + 3) };
	return 0;
}

static int
read_user(struct redis_url *u, struct part *host, struct err *e)
{
	struct part user = *host, after;
	const char *at = memrchr(host->s, '@', host->n);

	if (at == NULL)
		return 0;
	user.n = (size_t)(at - user.s);
	host->n -= user.n + 1;
	host->s = at + 1;
	if (split(&user, ':', &after)) {
		err_set(e, EINVAL,
			"the engine's URL holds a password, which everybody "
			"who lists processes can read");
		err_hint(e, "put it in a file and name that by --engine-password-file, "
			    "or in $CONCBENCH_ENGINE_PASSWORD");
		return -EINVAL;
	}
	if (!decode(u->user, sizeof(u->user), user))
		return err_set(e, EINVAL,
			       "user of the engine's URL: 1 to %d printable bytes are "
			       "accepted, others as %%XX",
			       REDIS_NAME_MAX - 1);
	return 0;
}

static int
read_host(struct redis_url *u, struct part host, struct err *e)
{
	struct part port = { NULL, 0 };
	bool has_port;

	if (host.n > 0 && host.s[0] == '[') {
		struct part inside = { host.s + 1, host.n - 1 }, after;

		if (!split(&inside, ']', &after) || (after.n > 0 && after.s[0] != ':'))
			return err_set(e, EINVAL,
				       "host of the engine's URL: '%.*s' "
				       "is not [ADDRESS]:PORT",
				       shown(host), host.s);
		host = inside;
		has_port = after.n > 0;
		if (has_port)
			port = (struct part){ after.s + 1, after.n - 1 };
	} else {
		has_port = split(&host, ':', &port);
	}
	if (host.n == 0 || !decode(u->host, sizeof(u->host), host))
		return err_set(e, EINVAL,
			       "the engine's URL names no host (it is " FORM ")");
	if (has_port)
		u->port = number(port, PORT_MAX);
	if (u->port < 1)
		return err_set(e, EINVAL,
			       "port of the engine's URL: '%.*s' is not in 1..%d",
			       shown(port), port.s, PORT_MAX);
	return 0;
}

/* Whether p may stand before a key: {} would choose the slot in a cluster, and what a
 * pattern means something by would take an ACL's rule apart. */
static bool
is_prefix(const char *p)
{
	return strpbrk(p, "{}*?[]\\") == NULL;
}

static int
read_query(struct redis_url *u, struct part query, struct err *e)
{
	struct part next = query, value;

	while (next.n > 0) {
		struct part q = next;

		next.n = 0;
		split(&q, '&', &next);
		if (!split(&q, '=', &value) || !is(q, "prefix"))
			return err_set(e, EINVAL,
				       "the engine's URL knows no '%.*s'; only "
				       "prefix=TEXT may follow the '?'",
				       shown(q), q.s);
		if (!decode(u->prefix, sizeof(u->prefix), value) ||
		    !is_prefix(u->prefix))
			return err_set(e, EINVAL,
				       "prefix of the engine's URL: '%.*s' is not 1 "
				       "to %d printable bytes without {}*?[]\\",
				       shown(value), value.s, REDIS_NAME_MAX - 1);
	}
	return 0;
}

int
redis_url_parse(struct redis_url *u, const char *text, struct err *e)
{
	struct part host = { text, 0 }, query = { NULL, 0 }, db = { NULL, 0 };
	int rc;

	*u = (struct redis_url){ .port = REDIS_PORT, .prefix = "concbench" };
	rc = read_scheme(u, &host, text, e);
	if (rc != 0)
		return rc;
	split(&host, '?', &query);
	/* An unescaped / in a password would show the rest of it as the database. */
	if (memchr(host.s, '@', host.n) != NULL) {
		const char *at = memrchr(host.s, '@', host.n);
		struct part behind = { at, host.n - (size_t)(at - host.s) };

		if (split(&behind, '/', &db))
			host.n = (size_t)(db.s - host.s) - 1;
	} else {
		split(&host, '/', &db);
	}
	rc = read_user(u, &host, e);
	if (rc == 0)
		rc = read_host(u, host, e);
	if (rc != 0)
		return rc;
	if (db.n > 0)
		u->db = number(db, DB_MAX);
	if (u->db < 0)
		return err_set(e, EINVAL,
			       "database of the engine's URL: '%.*s' is not a number "
			       "from 0 (as in " FORM ")",
			       shown(db), db.s);
	return read_query(u, query, e);
}
