/*
 * queue_pipe.c - a plain pipe between two processes: write() a message, read() it; or
 * two pipes, there and back. Every byte is written anew and examined.
 *
 * Usage: queue_pipe stream|roundtrip MESSAGES BYTES [CPU CPU]
 */
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void
die(const char *what)
{
	perror(what);
	_exit(1);
}

static void
fill(uint64_t *buf, size_t words, uint64_t word)
{
	for (size_t i = 0; i < words; i++, word += UINT64_C(0x9E3779B97F4A7C15))
		buf[i] = word;
}

static void
examine(const uint64_t *buf, size_t words, uint64_t word)
{
	uint64_t wrong = 0;

	for (size_t i = 0; i < words; i++, word += UINT64_C(0x9E3779B97F4A7C15))
		wrong |= buf[i] ^ word;
	if (wrong != 0)
		die("bench: a message is not what was sent");
}

static void
put(int fd, const void *buf, size_t n)
{
	if (write(fd, buf, n) != (ssize_t)n)
		die("write");
}

static void
get(int fd, void *buf, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t r = read(fd, (char *)buf + at, n - at);

		if (r <= 0)
			die("read");
		at += (size_t)r;
	}
}

static void
pin(char **argv, int argc, int which)
{
	cpu_set_t set;

	if (argc < 6)
		return;
	CPU_ZERO(&set);
	CPU_SET(strtoul(argv[4 + which], NULL, 10), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static int
compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	const uint64_t n = argc >= 4 ? strtoull(argv[2], NULL, 10) : 0;
	const size_t bytes = argc >= 4 ? strtoul(argv[3], NULL, 10) & ~7ul : 0;
	const int back_too = argc >= 4 && strcmp(argv[1], "roundtrip") == 0;
	uint64_t *buf = malloc(bytes + 8), *took = calloc(n + 1, sizeof(*took));
	uint64_t begin_ns, t;
	int there[2], back[2], status;

	if (n == 0 || bytes == 0 || buf == NULL || took == NULL || pipe(there) != 0 ||
	    pipe(back) != 0)
		return 2;
	if (fork() == 0) {
		pin(argv, argc, 1);
		put(back[1], "!", 1);
		for (uint64_t i = 0; i < n; i++) {
			get(there[0], buf, bytes);
			examine(buf, bytes / 8, i);
			if (back_too)
				put(back[1], buf, bytes);
		}
		put(back[1], "!", 1);
		_exit(0);
	}
	pin(argv, argc, 0);
	get(back[0], buf, 1);
	begin_ns = now_ns();
	for (uint64_t i = 0; i < n; i++) {
		t = now_ns();
		fill(buf, bytes / 8, i);
		put(there[1], buf, bytes);
		if (!back_too)
			continue;
		get(back[0], buf, bytes);
		examine(buf, bytes / 8, i);
		took[i] = now_ns() - t;
	}
	get(back[0], buf, 1);
	t = now_ns() - begin_ns;
	if (wait(&status) < 0 || status != 0)
		return 1;
	qsort(took, n, sizeof(*took), compare);
	printf("{\"per_s\": %.1f, \"round_trip_ns\": %llu}\n",
	       (double)n * 1e9 / (double)t, (unsigned long long)took[n / 2]);
	return 0;
}
