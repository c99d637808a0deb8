/*
 * test_dist_redis_url - what a URL says, and what is refused.
 */
#include "core/dist/redis_url.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

Test(dist_redis_url, what_it_says)
{
	static const struct {
		const char *text;
		struct redis_url u;
	} all[] = {
		{ "redis://h", { .host = "h", .port = 6379, .prefix = "concbench" } },
		{ "redis://h/", { .host = "h", .port = 6379, .prefix = "concbench" } },
		{ "redis://10.0.0.7:7000/15?prefix=ci",
		  { .host = "10.0.0.7", .port = 7000, .db = 15, .prefix = "ci" } },
		{ "rediss://bob@h:1",
		  { .tls = true,
		    .user = "bob",
		    .host = "h",
		    .port = 1,
		    .prefix = "concbench" } },
		{ "valkeys://a%40b@h?prefix=a%3ab%2F",
		  { .tls = true,
		    .user = "a@b",
		    .host = "h",
		    .port = 6379,
		    .prefix = "a:b/" } },
		{ "valkey://[::1]:65535",
		  { .host = "::1", .port = 65535, .prefix = "concbench" } },
		{ "redis://[fe80::1%25eth0]",
		  { .host = "fe80::1%eth0", .port = 6379, .prefix = "concbench" } },
		{ "redis://h?prefix=x&prefix=y",
		  { .host = "h", .port = 6379, .prefix = "y" } },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct redis_url u;
		struct err e;

		cr_assert_eq(redis_url_parse(&u, all[i].text, &e), 0, "%s: %s",
			     all[i].text, e.msg);
		cr_assert_eq(u.tls, all[i].u.tls, "%s", all[i].text);
		cr_assert_str_eq(u.user, all[i].u.user);
		cr_assert_str_eq(u.host, all[i].u.host);
		cr_assert_eq(u.port, all[i].u.port, "%s", all[i].text);
		cr_assert_eq(u.db, all[i].u.db, "%s", all[i].text);
		cr_assert_str_eq(u.prefix, all[i].u.prefix);
	}
}

Test(dist_redis_url, what_is_refused)
{
	static const struct {
		const char *text, *says;
	} all[] = {
		{ "", "must look like redis://" },
		{ "localhost:6379", "must look like redis://" },
		{ "http://h", "no engine speaks 'http://'" },
		{ "redis://", "names no host" },
		{ "redis://:6379", "names no host" },
		{ "redis://a b", "names no host" },
		{ "redis://h:0", "port of the engine's URL: '0'" },
		{ "redis://h:", "port of the engine's URL: ''" },
		{ "redis://h:65536", "'65536' is not in 1..65535" },
		{ "redis://h:6379x", "'6379x'" },
		{ "redis://::1", "names no host" },
		{ "redis://[::1", "is not [ADDRESS]:PORT" },
		{ "redis://[::1]x", "is not [ADDRESS]:PORT" },
		{ "redis://h/x", "database of the engine's URL: 'x'" },
		{ "redis://h/-1", "database of the engine's URL: '-1'" },
		{ "redis://h/99999999999", "database of the engine's URL" },
		{ "redis://h/1/2", "'1/2'" },
		{ "redis://@h", "user of the engine's URL" },
		{ "redis://a%4@h", "user of the engine's URL" },
		{ "redis://a%00@h", "user of the engine's URL" },
		{ "redis://h?prefix=", "prefix of the engine's URL" },
		{ "redis://h?prefix=a{b", "'a{b'" },
		{ "redis://h?prefix=*", "'*'" },
		{ "redis://h?db=1", "knows no 'db'" },
		{ "redis://h?prefix", "knows no 'prefix'" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct redis_url u;
		struct err e = { .code = 0 };

		cr_assert_eq(redis_url_parse(&u, all[i].text, &e), -EINVAL, "%s",
			     all[i].text);
		cr_assert(strstr(e.msg, all[i].says) != NULL, "%s: %s", all[i].text,
			  e.msg);
	}
}

Test(dist_redis_url, a_password_is_refused_and_never_shown)
{
	static const char *const all[] = {
		"redis://u:geheim@h",	  "redis://:geheim@h",
		"redis://u:ge/heim@h",	  "redis://u:ge?heim@h/1",
		"redis://u:@geheim@h:1",  "redis://u:heim/geheim@h",
		"rediss://u:geheim@[::1", "redis://u:geheim@",
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct redis_url u;
		struct err e = { .code = 0 };

		cr_assert_eq(redis_url_parse(&u, all[i], &e), -EINVAL, "%s", all[i]);
		cr_assert(strstr(e.msg, "heim") == NULL, "%s: %s", all[i], e.msg);
		cr_assert(strstr(e.hint, "heim") == NULL, "%s: %s", all[i], e.hint);
	}
}

Test(dist_redis_url, no_part_is_longer_than_its_room)
{
	char text[2048] = "redis://";
	struct redis_url u;
	struct err e;

	memset(text + 8, 'h', 1500);
	cr_assert_eq(redis_url_parse(&u, text, &e), -EINVAL);
	text[8 + 70] = '@';
	text[8 + 72] = '\0';
	cr_assert_eq(redis_url_parse(&u, text, &e), -EINVAL);
}
