/*
 * preload_prog.c - a pthread program that knows nothing of concbench, to be run by
 * tests/golden/lock_preload*.cmd. Each part prints what must be so under any lock.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 4, ROUNDS = 20000, ITEMS = 1000 };

static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t queueing = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static long count;
static int items, is_over;

static void *
counter(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&counting);
		count++;
		pthread_mutex_unlock(&counting);
	}
	return arg;
}

static void
run_threads(int n, void *(*body)(void *), void *arg)
{
	pthread_t t[THREADS];

	for (int i = 0; i < n; i++)
		pthread_create(&t[i], NULL, body, arg);
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}

static void
say_count(const char *who)
{
	count = 0;
	run_threads(THREADS, counter, NULL);
	printf("%s: %ld of %d\n", who, count, THREADS * ROUNDS);
	fflush(stdout);
}

static void *
consumer(void *arg)
{
	long *got = arg;

	pthread_mutex_lock(&queueing);
	for (;;) {
		while (items == 0 && !is_over)
			pthread_cond_wait(&more, &queueing);
		if (items == 0)
			break;
		items--;
		++*got;
	}
	pthread_mutex_unlock(&queueing);
	return NULL;
}

static void *
producer(void *arg)
{
	for (int i = 0; i < ITEMS; i++) {
		pthread_mutex_lock(&queueing);
		items++;
		pthread_cond_signal(&more);
		pthread_mutex_unlock(&queueing);
	}
	pthread_mutex_lock(&queueing);
	is_over = 1;
	pthread_cond_broadcast(&more);
	pthread_mutex_unlock(&queueing);
	return arg;
}

static void
say_queue(void)
{
	pthread_t t[3];
	long got[2] = { 0, 0 };

	pthread_create(&t[0], NULL, consumer, &got[0]);
	pthread_create(&t[1], NULL, consumer, &got[1]);
	pthread_create(&t[2], NULL, producer, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	printf("queue: %ld of %d\n", got[0] + got[1], ITEMS);
}

static void
say_types(void)
{
	pthread_mutex_t rec = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
	pthread_mutex_t chk = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
	int r[4];

	r[0] = pthread_mutex_lock(&rec);
	r[1] = pthread_mutex_lock(&rec);
	pthread_mutex_unlock(&rec);
	r[2] = pthread_mutex_unlock(&rec);
	r[3] = pthread_mutex_unlock(&rec);
	printf("recursive: %d %d %d %s\n", r[0], r[1], r[2], strerrorname_np(r[3]));
	r[0] = pthread_mutex_lock(&chk);
	r[1] = pthread_mutex_lock(&chk);
	r[2] = pthread_mutex_unlock(&chk);
	r[3] = pthread_mutex_unlock(&chk);
	printf("checking: %d %s %d %s\n", r[0], strerrorname_np(r[1]), r[2],
	       strerrorname_np(r[3]));
	pthread_mutex_lock(&rec);
	printf("destroyed while held: %s\n",
	       strerrorname_np(pthread_mutex_destroy(&rec)));
	pthread_mutex_unlock(&rec);
	pthread_mutex_destroy(&rec);
	printf("locked when destroyed: %s\n",
	       strerrorname_np(pthread_mutex_lock(&rec)));
}

/* All of these times have passed, or will in no time. */
static void
say_times(void)
{
	struct timespec past = { 1, 0 }, wrong = { 1, 1000000000 }, soon;
	int r[5];

	pthread_mutex_lock(&counting);
	r[0] = pthread_mutex_timedlock(&counting, &past);
	r[1] = pthread_mutex_clocklock(&counting, CLOCK_MONOTONIC, &past);
	r[2] = pthread_mutex_timedlock(&counting, &wrong);
	r[3] = pthread_cond_timedwait(&more, &counting, &past);
	clock_gettime(CLOCK_MONOTONIC, &soon);
	do
		r[4] = pthread_cond_clockwait(&more, &counting, CLOCK_MONOTONIC, &soon);
	while (r[4] == 0); /* it may wake for nothing */
	pthread_mutex_unlock(&counting);
	printf("times:");
	for (int i = 0; i < 5; i++)
		printf(" %s", strerrorname_np(r[i]));
	putchar('\n');
}

static int is_waiting;

static void
let_go(void *mutex)
{
	pthread_mutex_unlock(mutex);
}

static void *
waiter(void *arg)
{
	pthread_mutex_lock(&queueing);
	is_waiting = 1;
	pthread_cleanup_push(let_go, &queueing);
	for (;;)
		pthread_cond_wait(arg, &queueing);
	pthread_cleanup_pop(1);
	return NULL;
}

static void
say_cancel(void)
{
	pthread_cond_t never = PTHREAD_COND_INITIALIZER;
	int seen = 0;
	pthread_t t;
	void *end;

	pthread_create(&t, NULL, waiter, &never);
	while (!seen) {
		pthread_mutex_lock(&queueing);
		seen = is_waiting;
		pthread_mutex_unlock(&queueing);
	}
	pthread_cancel(t);
	pthread_join(t, &end);
	printf("cancelled: %d, its mutex is free: %d\n", end == PTHREAD_CANCELED,
	       pthread_mutex_trylock(&queueing) == 0);
	pthread_mutex_unlock(&queueing);
}

struct common {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	int told;
};

static void *
abandon(void *mutex)
{
	pthread_mutex_lock(mutex);
	return NULL;
}

/* Those that are the C library's: between processes, robust. */
static void
say_others(void)
{
	pthread_mutexattr_t ma;
	pthread_condattr_t ca;
	pthread_mutex_t robust;
	struct common *c = mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int rc;

	pthread_mutexattr_init(&ma);
	pthread_mutexattr_setpshared(&ma, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&c->mutex, &ma);
	pthread_condattr_init(&ca);
	pthread_condattr_setpshared(&ca, PTHREAD_PROCESS_SHARED);
	pthread_cond_init(&c->cond, &ca);
	fflush(stdout);
	if (fork() == 0) {
		pthread_mutex_lock(&c->mutex);
		c->told = 1;
		pthread_cond_signal(&c->cond);
		pthread_mutex_unlock(&c->mutex);
		_exit(0);
	}
	pthread_mutex_lock(&c->mutex);
	while (!c->told)
		pthread_cond_wait(&c->cond, &c->mutex);
	pthread_mutex_unlock(&c->mutex);
	wait(NULL);
	pthread_mutexattr_setpshared(&ma, PTHREAD_PROCESS_PRIVATE);
	pthread_mutexattr_setrobust(&ma, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&robust, &ma);
	run_threads(1, abandon, &robust);
	rc = pthread_mutex_lock(&robust);
	printf("between processes: told, robust: %s\n", strerrorname_np(rc));
}

/* The child goes on with a mutex that was held at the fork. */
static void
say_fork(void)
{
	int status;

	pthread_mutex_lock(&counting);
	fflush(stdout);
	if (fork() == 0) {
		pthread_mutex_unlock(&counting);
		say_count("child");
		_exit(0);
	}
	pthread_mutex_unlock(&counting);
	wait(&status);
	say_count("parent");
}

static void
at_the_end(void)
{
	pthread_mutex_lock(&counting);
	puts("after main");
	pthread_mutex_unlock(&counting);
}

int
main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	atexit(at_the_end);
	say_count("count");
	if (strcmp(how, "crash") == 0)
		abort();
	if (strcmp(how, "exec") == 0) {
		execl(argv[0], argv[0], (char *)NULL);
		return 1;
	}
	say_queue();
	say_types();
	say_times();
	say_cancel();
	say_others();
	say_fork();
	return strcmp(how, "fail") == 0 ? 7 : 0;
}
