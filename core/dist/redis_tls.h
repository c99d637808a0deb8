/*
 * redis_tls.h - TLS for a link, where hiredis brings it (1.0 or newer) with OpenSSL.
 *
 * The server's certificate must be good for the host of the URL, by the authorities
 * that the system trusts or those in $SSL_CERT_FILE.
 */
#ifndef CORE_DIST_REDIS_TLS_H
#define CORE_DIST_REDIS_TLS_H

#include "core/dist/redis_link.h"

/* Begins TLS on the new connection of l; the handshake goes on with the first command.
 * Returns 0, or -errno: -ENOTSUP where this build has none. */
int redis_tls_start(struct redis_link *l, struct err *e);

/* Whether a link with something to send waits for the socket to take it; true for one
 * without TLS. */
bool redis_tls_sends(const struct redis_link *l);

/* The handshake failed, or the certificate is not accepted: fills e and returns true;
 * false when TLS is not to blame. */
bool redis_tls_failed(const struct redis_link *l, struct err *e);

#endif
