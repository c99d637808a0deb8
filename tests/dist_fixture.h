/*
 * dist_fixture.h - reads tests/fixtures/managers/: captured sessions and pickles.
 */
#ifndef TESTS_DIST_FIXTURE_H
#define TESTS_DIST_FIXTURE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIXTURES "tests/fixtures/managers/"

struct bytes {
	unsigned char *at;
	size_t n;
};

static inline size_t
fixture_hex(const char *hex, size_t n, unsigned char *to)
{
	for (size_t i = 0; i + 1 < n; i += 2) {
		const char digits[3] = { hex[i], hex[i + 1] };

		to[i / 2] = (unsigned char)strtoul(digits, NULL, 16);
	}
	return n / 2;
}

/* HEX, or HEX|BYTE*COUNT|HEX. Free .at. */
static inline struct bytes
fixture_bytes(const char *text)
{
	const char *bar = strchr(text, '|');
	struct bytes b = { .at = malloc(strlen(text) + 1) };
	unsigned char repeated[64];
	size_t piece, count;

	if (bar == NULL) {
		b.n = fixture_hex(text, strlen(text), b.at);
		return b;
	}
	count = strtoul(strchr(bar, '*') + 1, NULL, 10);
	piece = fixture_hex(bar + 1, (size_t)(strchr(bar, '*') - bar - 1), repeated);
	b.at = realloc(b.at, strlen(text) + piece * count);
	b.n = fixture_hex(text, (size_t)(bar - text), b.at);
	for (size_t i = 0; i < count; i++, b.n += piece)
		memcpy(b.at + b.n, repeated, piece);
	bar = strchr(bar + 1, '|') + 1;
	b.n += fixture_hex(bar, strlen(bar), b.at + b.n);
	return b;
}

static const char *const fixture_sessions[] = {
	FIXTURES "session_py27.hex",
	FIXTURES "session_py37.hex",
	FIXTURES "session_py311_seed.hex",
	FIXTURES "session_py313_seed.hex",
	FIXTURES "session_py314_simulated.hex",
	FIXTURES "session_server311_client313.hex",
	FIXTURES "session_server313_client311.hex",
	NULL,
};

/* Calls each(fields) for each line of a table that is no comment; up to three fields
 * parted by tabs, or (sessions) by blanks. Returns how many. */
static inline int
fixture_each(const char *file, char part, void (*each)(char *const *field, void *arg),
	     void *arg)
{
	FILE *f = fopen(file, "re");
	char *line = NULL;
	size_t size = 0;
	int lines = 0;

	cr_assert_not_null(f, "%s: run the tests from the top of the tree", file);
	while (getline(&line, &size, f) > 0) {
		char *field[4] = { line };

		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		for (int i = 0; i < 2 && field[i] != NULL; i++) {
			field[i + 1] = strchr(field[i], part);
			if (field[i + 1] != NULL)
				*field[i + 1]++ = '\0';
		}
		each(field, arg);
		lines++;
	}
	free(line);
	fclose(f);
	return lines;
}

#endif
