/*
 * test_dist_redis_tls - rediss://: encrypted, and to the right host alone.
 */
#ifdef CONCBENCH_HIREDIS
#include "tests/dist_redis_help.h"

static int
refused(const char *url, struct err *e)
{
	const struct server s = { .url = "" };
	struct dist_config c = config(&s, NULL);
	struct dist_master *m;
	uint64_t n;

	c.url = url;
	c.reconnect_ns = NS_PER_MS;
	g = dist_engine_find(url, e);
	cr_assert_not_null(g);
	return g->master_open(&m, &c, &n, e);
}

#ifdef CONCBENCH_HIREDIS_SSL
/* A key and a certificate for the loopback address, in the server's folder. */
static void
certify(const struct server *s)
{
	int status;
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		if (chdir(s->dir) == 0 && freopen("/dev/null", "w", stderr) != NULL)
			execlp("openssl", "openssl", "req", "-x509", "-newkey",
			       "rsa:2048", "-nodes", "-keyout", "key.pem", "-out",
			       "cert.pem", "-days", "2", "-subj", "/CN=test", "-addext",
			       "subjectAltName=IP:127.0.0.1", (char *)NULL);
		_exit(127);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
}

Test(dist_redis_tls, encrypted_to_the_right_host, .timeout = 120)
{
	struct server s;
	struct dist_config c;
	struct dist_master *m;
	struct dist_worker *w;
	struct dist_task t;
	struct err e = { .code = 0 };
	const char *const tls[] = {
		"--port",
		"0",
		"--tls-port",
		s.port_text,
		"--tls-cert-file",
		"cert.pem",
		"--tls-key-file",
		"key.pem",
		"--tls-auth-clients",
		"no",
		NULL,
	};
	static char big[1 << 20];
	char url[64], file[96];

	if (!server_is_there("openssl"))
		cr_skip_test("needs openssl");
	server_prepare(&s, tls);
	certify(&s);
	server_begin(&s);
	snprintf(url, sizeof(url), "rediss://127.0.0.1:%d", s.port);
	cr_assert_lt(refused(url, &e), 0);
	cr_assert(strstr(e.msg, "its certificate is not accepted") != NULL, "%s",
		  e.msg);
	snprintf(file, sizeof(file), "%s/cert.pem", s.dir);
	setenv("SSL_CERT_FILE", file, 1);
	snprintf(url, sizeof(url), "rediss://localhost:%d", s.port);
	cr_assert_lt(refused(url, &e), 0);
	cr_assert(strstr(e.msg, "its certificate is not accepted") != NULL, "%s",
		  e.msg);
	snprintf(s.url, sizeof(s.url), "rediss://127.0.0.1:%d", s.port);
	c = config(&s, NULL);
	c.lease_ns = LONG_NS;
	m = master(&c, 0);
	w = worker(&c);
	put(m, 0, 10);
	for (int i = 0; i < 10; i++) {
		const struct dist_result r = { .number = (uint64_t)i,
					       .attempt = 1,
					       .payload = big,
					       .bytes = sizeof(big) };

		t = take(w);
		cr_assert_eq(g->give(w, &r, &e), 0);
	}
	(void)t;
	sync_now(w);
	for (int i = 0; i < 10; i++)
		cr_assert_eq(result(m).bytes, sizeof(big));
	g->worker_close(w);
	end(m);
	server_end(&s);
}

Test(dist_redis_tls, a_server_without_it, .timeout = 120)
{
	struct server s;
	struct err e = { .code = 0 };
	char url[64];

	server_start(&s, NULL);
	snprintf(url, sizeof(url), "rediss://127.0.0.1:%d", s.port);
	cr_assert_lt(refused(url, &e), 0);
	cr_assert(strstr(e.msg, "does not speak TLS") != NULL, "%s", e.msg);
	server_end(&s);
}
#else
Test(dist_redis_tls, this_build_says_what_it_needs, .timeout = 120)
{
	struct server s;
	struct err e = { .code = 0 };
	char url[64];

	server_start(&s, NULL);
	snprintf(url, sizeof(url), "rediss://127.0.0.1:%d", s.port);
	cr_assert_eq(refused(url, &e), -ENOTSUP);
	cr_assert(strstr(e.hint, "hiredis_ssl") != NULL, "%s", e.hint);
	server_end(&s);
}
#endif
#else
#include <criterion/criterion.h>

Test(dist_redis_tls, this_build_has_none)
{
	cr_skip_test("needs libhiredis-dev");
}
#endif
