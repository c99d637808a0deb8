/*
 * redis_url.h - where the engine is: redis://[USER@]HOST[:PORT][/DB][?prefix=TEXT].
 *
 * rediss:// asks for TLS; valkey:// and valkeys:// are the same two. There is no
 * place for a password: a command line is seen by everybody who may list processes.
 */
#ifndef CORE_DIST_REDIS_URL_H
#define CORE_DIST_REDIS_URL_H

#include "core/err.h"

#include <stdbool.h>

enum { REDIS_PORT = 6379, REDIS_HOST_MAX = 254, REDIS_NAME_MAX = 65 };

struct redis_url {
	bool tls;
	char user[REDIS_NAME_MAX]; /* "": the default user */
	char host[REDIS_HOST_MAX]; /* a name or an address, without brackets */
	int port, db;
	char prefix[REDIS_NAME_MAX]; /* every key begins with it and a colon */
};

/*
 * Reads text into *u: port 6379, database 0 and the prefix "concbench" where the text
 * says nothing. %XX stands for a byte in the user and the prefix. Returns 0, or -EINVAL
 * with an error that names the part, shows it and says what is accepted; what could be
 * a password is never in it. Any thread.
 */
int redis_url_parse(struct redis_url *u, const char *text, struct err *e);

#endif
