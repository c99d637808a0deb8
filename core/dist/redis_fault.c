/*
 * redis_fault.c - what an error that Redis or Valkey answers means, in one line.
 *
 * The first word of the answer is its code; servers of all versions keep to it.
 */
#include "core/dist/redis_link.h"

#ifdef CONCBENCH_HIREDIS
#include <errno.h>
#include <hiredis/hiredis.h>
#include <string.h>

enum { SHOWN_MAX = 100 };

static const struct code {
	const char *word; /* how the answer begins */
	enum redis_fault fault;
	const char *says, *hint;
} codes[] = {
	{ "LOADING", REDIS_PASSING, "is still reading its data from disk", NULL },
	{ "READONLY", REDIS_PASSING, "is a replica, which takes no writes",
	  "name the primary in the URL" },
	{ "OOM", REDIS_PASSING, "is out of memory",
	  "raise its maxmemory, or put fewer and smaller tasks by --bound" },
	{ "MISCONF", REDIS_PASSING, "cannot save to its disk and takes no writes",
	  "see its log" },
	{ "MASTERDOWN", REDIS_PASSING, "is a replica that has lost its primary", NULL },
	{ "CLUSTERDOWN", REDIS_PASSING, "is part of a cluster that is down", NULL },
	{ "TRYAGAIN", REDIS_PASSING, "is moving keys", NULL },
	{ "BUSY ", REDIS_PASSING, "is busy with a script", NULL },
	{ "NOREPLICAS", REDIS_PASSING, "has too few replicas to take writes", NULL },
	{ "WRONGPASS", REDIS_REFUSED, "refuses our password or user",
	  "the user stands in the URL, the password in --engine-password-file or "
	  "$CONCBENCH_ENGINE_PASSWORD" },
	{ "ERR AUTH <password> called without", REDIS_REFUSED,
	  "has no password set, but we were given one", NULL },
	{ "ERR invalid password", REDIS_REFUSED, "refuses our password", NULL },
	{ "NOAUTH", REDIS_REFUSED, "wants a password",
	  "give it by --engine-password-file or $CONCBENCH_ENGINE_PASSWORD" },
	{ "NOPERM", REDIS_REFUSED, "does not allow that to our user",
	  "docs/dist-redis.md has the rights that a user needs" },
	{ "DENIED", REDIS_REFUSED, "is in protected mode",
	  "set a password on it, or bind it to loopback" },
	{ "MOVED", REDIS_REFUSED, "is part of a cluster and does not hold our keys",
	  "name the node of the answer in the URL" },
	{ "ASK", REDIS_PASSING, "is part of a cluster that moves our keys", NULL },
	{ "NOGROUP", REDIS_NO_GROUP, "does not have the run's queue (any more)", NULL },
	{ "UNBLOCKED", REDIS_NO_GROUP, "does not have the run's queue any more", NULL },
	{ "ERR The ID specified in XADD", REDIS_OLD_ID, "has this task already", NULL },
	{ "ERR unknown command", REDIS_BAD, "does not know a command",
	  "Redis from 6.2 and Valkey are accepted" },
	{ "ERR max number of clients", REDIS_PASSING, "has too many clients", NULL },
	{ "EXECABORT", REDIS_BAD, "refused a transaction", NULL },
};

/* The answer without its control bytes, cut. */
static const char *
cleaned(const char *text, char *buf, size_t size)
{
	size_t n = 0;

	for (; text[n] != '\0' && n + 1 < size; n++)
		buf[n] = (char)(text[n] < ' ' || text[n] == 0x7f ? '.' : text[n]);
	buf[n] = '\0';
	return buf;
}

enum redis_fault
redis_fault(const struct redis_link *l, const redisReply *r, const char *doing,
	    struct err *e)
{
	char text[SHOWN_MAX];

	if (r == NULL) {
		err_set(e, EIO, "engine %s:%d: cannot %s: the connection broke",
			l->url->host, l->url->port, doing);
		return REDIS_GONE;
	}
	if (r->type != REDIS_REPLY_ERROR)
		return REDIS_FINE;
	cleaned(r->str, text, sizeof(text));
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		const struct code *c = &codes[i];

		if (strncmp(r->str, c->word, strlen(c->word)) != 0)
			continue;
		err_set(e, EINVAL, "engine %s:%d: cannot %s: it %s ('%.90s')",
			l->url->host, l->url->port, doing, c->says, text);
		if (c->hint != NULL)
			err_hint(e, "%s", c->hint);
		return c->fault;
	}
	err_set(e, EINVAL, "engine %s:%d: cannot %s: it answers '%s'", l->url->host,
		l->url->port, doing, text);
	return REDIS_BAD;
}

int
redis_fault_errno(enum redis_fault f)
{
	switch (f) {
	case REDIS_FINE:
		return 0;
	case REDIS_REFUSED:
		return -EACCES;
	case REDIS_PASSING:
		return -EBUSY;
	default:
		return -EIO;
	}
}
#endif
