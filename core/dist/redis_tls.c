/*
 * redis_tls.c - TLS for a link. OpenSSL is asked directly, for hiredis does not check
 * that a certificate is the host's.
 */
#include "core/dist/redis_tls.h"

#include <errno.h>

#if defined(CONCBENCH_HIREDIS) && defined(CONCBENCH_HIREDIS_SSL)
#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* The host as its certificate must name it. */
static bool
expect_host(SSL *ssl, const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, host, address) == 1 ||
	    inet_pton(AF_INET6, host, address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
	return SSL_set1_host(ssl, host) == 1 &&
	       SSL_set_tlsext_host_name(ssl, host) == 1;
}

int
redis_tls_start(struct redis_link *l, struct err *e)
{
	SSL_CTX *shared = SSL_CTX_new(TLS_client_method());
	SSL *ssl = NULL;

	if (shared != NULL && SSL_CTX_set_default_verify_paths(shared) == 1 &&
	    SSL_CTX_set_min_proto_version(shared, TLS1_2_VERSION) == 1) {
		SSL_CTX_set_verify(shared, SSL_VERIFY_PEER, NULL);
		ssl = SSL_new(shared);
	}
	SSL_CTX_free(shared); /* ssl holds it */
	if (ssl == NULL || !expect_host(ssl, l->url->host)) {
		SSL_free(ssl);
		return err_set(e, ENOMEM, "cannot begin TLS with %s:%d", l->url->host,
			       l->url->port);
	}
	l->tls = ssl;
	/* On failure hiredis leaves ssl to us, and closing the link gives it back. */
	if (redisInitiateSSL(l->ctx, ssl) == REDIS_OK)
		return 0;
	if (!redis_tls_failed(l, e))
		err_set(e, EPROTO, "%s:%d: TLS: %.100s", l->url->host, l->url->port,
			l->ctx->errstr);
	SSL_free(ssl);
	l->tls = NULL;
	return -EPROTO;
}

bool
redis_tls_sends(const struct redis_link *l)
{
	return l->tls == NULL || SSL_want_write(l->tls);
}

bool
redis_tls_failed(const struct redis_link *l, struct err *e)
{
	const long verdict = l->tls != NULL ? SSL_get_verify_result(l->tls) : X509_V_OK;

	if (verdict != X509_V_OK) {
		err_set(e, EINVAL, "%s:%d: its certificate is not accepted: %s",
			l->url->host, l->url->port,
			X509_verify_cert_error_string(verdict));
		err_hint(e, "SSL_CERT_FILE=FILE names a private authority");
		return true;
	}
	if (l->tls == NULL || SSL_is_init_finished(l->tls) || l->ctx == NULL ||
	    l->ctx->err == REDIS_ERR_EOF)
		return false;
	err_set(e, EINVAL, "%s:%d does not speak TLS (%.100s)", l->url->host,
		l->url->port, l->ctx->err != 0 ? l->ctx->errstr : "no answer");
	return true;
}
#elif defined(CONCBENCH_HIREDIS)
int
redis_tls_start(struct redis_link *l, struct err *e)
{
	err_set(e, ENOTSUP, "no TLS to %s:%d: this build has hiredis without it",
		l->url->host, l->url->port);
	err_hint(e, "needs hiredis 1.0 with hiredis_ssl, and libssl-dev");
	return -ENOTSUP;
}

bool
redis_tls_sends(const struct redis_link *l)
{
	(void)l;
	return true;
}

bool
redis_tls_failed(const struct redis_link *l, struct err *e)
{
	(void)l;
	(void)e;
	return false;
}
#endif
