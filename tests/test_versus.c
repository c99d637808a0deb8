/*
 * test_versus - the sentence is made by the rule; the books see what is wrong.
 */
#include "scenarios/versus/versus_run.h"

#include <criterion/criterion.h>
#include <string.h>

#define MS 1e6
#define KIB 1024.0

/* Names and orders of the models that the cases are made of. */
enum { SEQUENTIAL, CORO, THREAD_POOL, PROCESS_POOL, THREAD, PROCESS, NFACTS };

static struct versus_fact fact[NFACTS];
static struct versus_case sample;

/* 64 tasks of 20 ms, 4 workers, 2 CPUs, all as slow as one another. */
static void
begin(void)
{
	static const char *const names[] = { "sequential",   "coro",   "thread-pool",
					     "process-pool", "thread", "process" };

	for (int i = 0; i < NFACTS; i++)
		fact[i] = (struct versus_fact){ .name = names[i],
						.order = i,
						.wall_ns = 1280 * MS,
						.cpu_ns = 1280 * MS,
						.startup_ns = 10000,
						.memory_bytes = 100 * KIB,
						.speed_up = 1 };
	sample = (struct versus_case){
		.tasks = 64, .workers = 4, .cpus = 2, .fact = fact, .n = NFACTS
	};
}

static void
set(int model, double wall_ms, double memory_kib)
{
	fact[model].wall_ns = wall_ms * MS;
	fact[model].speed_up = 1280 / wall_ms;
	fact[model].memory_bytes = memory_kib * KIB;
}

static char text[640];

static const char *
taken(void)
{
	return fact[versus_advise(&sample, text, sizeof(text))].name;
}

static bool
says(const char *what)
{
	return strstr(text, what) != NULL;
}

Test(versus, computing_takes_the_lightest_of_the_fast, .init = begin)
{
	set(THREAD, 640, 500);
	set(PROCESS, 635, 6000);
	set(PROCESS_POOL, 650, 390);
	set(THREAD_POOL, 660, 95);
	cr_assert_str_eq(taken(), "thread-pool", "%s", text);
	cr_assert(says("take thread-pool: 1.94× as fast as sequential, as fast as "
		       "process within a tenth, with 95.0 KiB of memory against 5.86 "
		       "MiB"),
		  "%s", text);
	cr_assert(says("the work computes (100 %"), "%s", text);
	cr_assert(says("share one (1.00×)"), "%s", text);
}

Test(versus, waiting_takes_coroutines_where_they_are_lightest, .init = begin)
{
	fact[SEQUENTIAL].cpu_ns = 2 * MS;
	set(THREAD_POOL, 320, 95);
	set(PROCESS_POOL, 320, 390);
	set(THREAD, 22, 1400);
	set(PROCESS, 33, 5000);
	set(CORO, 21, 300);
	cr_assert_str_eq(taken(), "coro", "%s", text);
	cr_assert(says("the work waits (0 %"), "%s", text);
	cr_assert(says("all 64 here, 4 with a pool of 4"), "%s", text);
}

Test(versus, no_gain_takes_sequential, .init = begin)
{
	set(THREAD_POOL, 1200, 95);
	cr_assert_str_eq(taken(), "sequential", "%s", text);
	cr_assert(says("hinder each other"), "%s", text);
	sample.cpus = 1;
	cr_assert_str_eq(taken(), "sequential");
	cr_assert(says("one CPU"), "%s", text);
	sample.cpus = 2;
	fact[SEQUENTIAL].delay_ns = 640 * MS;
	cr_assert_str_eq(taken(), "sequential");
	cr_assert(says("waited for one for 50 %"), "%s", text);
}

Test(versus, small_tasks_are_not_handed_out, .init = begin)
{
	fact[SEQUENTIAL].wall_ns = 0.064 * MS; /* 1 us each */
	cr_assert_str_eq(taken(), "sequential");
	cr_assert(says("a task takes 1.00 us, and to hand one out costs 10.0 us"), "%s",
		  text);
}

Test(versus, of_equal_ones_less_cpu_then_the_simplest, .init = begin)
{
	set(THREAD, 100, 100);
	set(PROCESS, 100, 110);
	cr_assert_str_eq(taken(), "thread", "%s", text);
	fact[PROCESS].cpu_ns = 640 * MS;
	cr_assert_str_eq(taken(), "process", "%s", text);
	cr_assert(says("as fast as thread within a tenth, with 640.0 ms of CPU time"),
		  "%s", text);
}

Test(versus, what_gains_nothing_is_not_taken_for_being_light, .init = begin)
{
	set(SEQUENTIAL, 706, 27);
	set(CORO, 667, 207);
	set(THREAD_POOL, 629, 1105);
	set(PROCESS_POOL, 610, 1508);
	cr_assert_str_eq(taken(), "thread-pool", "%s", text);
}

Test(versus, one_alone_is_taken, .init = begin)
{
	sample.fact = &fact[THREAD];
	sample.n = 1;
	cr_assert_eq(versus_advise(&sample, text, sizeof(text)), 0);
	cr_assert(says("take thread: done in 1.28 s, no other comes"), "%s", text);
	cr_assert(says("run 'sequential', too"), "%s", text);
}

Test(versus, mixed_work_is_called_so, .init = begin)
{
	fact[SEQUENTIAL].cpu_ns = 640 * MS;
	set(THREAD, 340, 1400);
	cr_assert_str_eq(taken(), "thread");
	cr_assert(says("the work does both (50 %"), "%s", text);
	/* Half of its time others had the CPU: it computed whenever it could. */
	fact[SEQUENTIAL].delay_ns = 640 * MS;
	cr_assert_str_eq(taken(), "thread");
	cr_assert(says("the work computes (100 %"), "%s", text);
}

/* --- books ------------------------------------------------------------------ */

enum { TASKS = 5 };

static struct versus_task tasks[TASKS];
static int ids[2 * TASKS];
static struct versus_run run;
static struct versus_entry entry;

/* All right: two processes with a thread each. */
static void
begin_books(void)
{
	for (int i = 0; i < TASKS; i++) {
		tasks[i] = (struct versus_task){ .pid = 10 + i % 2,
						 .tid = 10 + i % 2,
						 .token = versus_token(7, i) };
		atom_store_rlx(&tasks[i].runs, 1);
	}
	run = (struct versus_run){
		.ids = ids, .job = { .seed = 7, .tasks = TASKS, .task = tasks }
	};
	entry = (struct versus_entry){ 0 };
}

Test(versus, books_of_a_right_run, .init = begin_books)
{
	versus_examine(&run, &entry);
	cr_assert_eq(entry.missed + entry.repeated + entry.wrong + entry.failed, 0);
	cr_assert_eq(entry.processes_min, 2);
	cr_assert_eq(entry.threads_max, 2);
}

Test(versus, books_see_each_fault, .init = begin_books)
{
	atom_store_rlx(&tasks[0].runs, 0);
	tasks[0].pid = tasks[0].tid = 0;
	atom_store_rlx(&tasks[1].runs, 2);
	tasks[2].token++;
	tasks[3].error = 12;
	tasks[4].tid = 99;
	versus_examine(&run, &entry);
	cr_assert_eq(entry.missed, 1);
	cr_assert_eq(entry.repeated, 1);
	cr_assert_eq(entry.wrong, 1);
	cr_assert_eq(entry.failed, 1);
	cr_assert_eq(entry.first_error, 12);
	cr_assert_eq(entry.processes_max, 2, "a task not run has none");
	cr_assert_eq(entry.threads_max, 3);
}
