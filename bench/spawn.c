/*
 * spawn.c - the plainest ways to run a command many times: fork and exec, posix_spawn.
 *
 * Usage: spawn fork|posix_spawn N PROGRAM. Prints how many a second.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
run_one(int by_fork, char *program)
{
	char *const argv[] = { program, NULL };
	pid_t pid = -1;
	int status;

	if (by_fork) {
		pid = fork();
		if (pid == 0) {
			execv(program, argv);
			_exit(127);
		}
	} else if (posix_spawn(&pid, program, NULL, NULL, argv, environ) != 0) {
		return -1;
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

int
main(int argc, char **argv)
{
	long n, i;
	double begin_s;

	if (argc != 4)
		return 2;
	n = strtol(argv[2], NULL, 10);
	begin_s = now_s();
	for (i = 0; i < n; i++)
		if (run_one(strcmp(argv[1], "fork") == 0, argv[3]) != 0)
			return 1;
	printf("%.3f\n", (double)n / (now_s() - begin_s));
	return 0;
}
