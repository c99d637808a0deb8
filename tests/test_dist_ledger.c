/*
 * test_dist_ledger - the books of leases, and the journal they come back from.
 */
#include "core/dist/journal.h"
#include "core/dist/ledger.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct ledger l;
static struct ledger_owner a, b;

static void
setup(void)
{
	ledger_init(&l);
	l.bound = 4;
	l.lease_ns = 100;
	l.retries = 1;
	ledger_owner_init(&a, "a", false);
	ledger_owner_init(&b, "b", false);
}

static void
teardown(void)
{
	ledger_fini(&l);
}

TestSuite(dist_ledger, .init = setup, .fini = teardown);

static void
put(const char *text)
{
	cr_assert_eq(ledger_put(&l, text, strlen(text)), 1);
}

static int
give(uint64_t number, const char *text)
{
	return ledger_give(&l, &(struct dist_result){ .number = number,
						      .attempt = 1,
						      .payload = text,
						      .bytes = strlen(text),
						      .who = "a" });
}

/* Takes the next task as o at now_ns: it must be this one. */
static void
take(struct ledger_owner *o, uint64_t now_ns, uint64_t number, uint32_t attempt)
{
	const struct ledger_task *t = ledger_take(&l, o, now_ns);

	cr_assert_not_null(t);
	cr_assert_eq(t->number, number, "%" PRIu64 " instead of %" PRIu64, t->number,
		     number);
	cr_assert_eq(t->attempt, attempt);
}

static void
expect(uint64_t number, bool dead)
{
	struct ledger_result *r = ledger_result(&l);

	cr_assert_not_null(r);
	cr_assert_eq(r->r.number, number);
	cr_assert_eq(r->r.dead, dead);
	free(r);
}

Test(dist_ledger, first_put_is_first_handed_out_and_done_once)
{
	put("x");
	put("y");
	take(&a, 0, 0, 1);
	take(&b, 0, 1, 1);
	cr_assert_null(ledger_take(&l, &a, 0));
	cr_assert_eq(give(1, "Y"), 1);
	cr_assert_eq(give(1, "Y again"), 0);
	cr_assert_eq(give(7, "of no task"), 0);
	cr_assert_eq(give(0, "X"), 1);
	expect(1, false);
	expect(0, false);
	cr_assert_null(ledger_result(&l));
	cr_assert_eq(l.n.done, 2);
	cr_assert_eq(l.n.duplicates, 2);
	cr_assert_eq(a.ntasks + b.ntasks, 0);
}

Test(dist_ledger, it_is_bounded)
{
	for (int i = 0; i < 4; i++)
		put("x");
	cr_assert_not(ledger_has_room(&l));
	cr_assert_eq(ledger_put(&l, "x", 1), 0);
	take(&a, 0, 0, 1);
	cr_assert_not(ledger_has_room(&l), "a task that is leased is still in flight");
	cr_assert_eq(give(0, ""), 1);
	cr_assert(ledger_has_room(&l));
}

Test(dist_ledger, what_its_worker_left_goes_first_and_in_order)
{
	for (int i = 0; i < 4; i++)
		put("x");
	take(&a, 0, 0, 1);
	take(&a, 0, 1, 1);
	cr_assert_eq(ledger_release(&l, &a, "went away"), 0);
	take(&b, 0, 0, 2);
	take(&b, 0, 1, 2);
	take(&b, 0, 2, 1);
	cr_assert_eq(l.n.redelivered, 2);
}

Test(dist_ledger, a_lease_ends_and_a_sign_of_life_renews_it)
{
	uint64_t next_ns;

	put("x");
	put("y");
	take(&a, 0, 0, 1);
	take(&b, 0, 1, 1);
	cr_assert_eq(ledger_expire(&l, 99, &next_ns), 0);
	cr_assert_eq(next_ns, 100);
	ledger_extend(&l, &a, 50);
	cr_assert_eq(ledger_expire(&l, 100, &next_ns), 0);
	cr_assert_eq(next_ns, 150);
	cr_assert_eq(b.ntasks, 0);
	cr_assert_eq(a.ntasks, 1);
	take(&a, 100, 1, 2);
	/* The one that was slow is heard all the same, the other comes too late. */
	cr_assert_eq(give(1, "of b"), 1);
	cr_assert_eq(give(1, "of a"), 0);
}

Test(dist_ledger, a_patient_lease_lasts_as_long_as_its_owner)
{
	struct ledger_owner plain;
	uint64_t next_ns;

	ledger_owner_init(&plain, "python", true);
	put("x");
	take(&plain, 0, 0, 1);
	cr_assert_eq(ledger_expire(&l, UINT64_MAX - 1, &next_ns), 0);
	cr_assert_eq(next_ns, UINT64_MAX);
	cr_assert_eq(plain.ntasks, 1);
	l.plain_lease_ns = 10;
	cr_assert_eq(ledger_release(&l, &plain, "went away"), 0);
	take(&plain, 5, 0, 2);
	cr_assert_eq(ledger_expire(&l, 14, &next_ns), 0);
	cr_assert_eq(next_ns, 15);
}

Test(dist_ledger, after_its_retries_a_task_is_dead)
{
	uint64_t next_ns;

	put("x");
	take(&a, 0, 0, 1);
	cr_assert_eq(ledger_release(&l, &a, "went away"), 0);
	take(&b, 0, 0, 2);
	cr_assert_eq(ledger_expire(&l, 100, &next_ns), 0);
	cr_assert_null(ledger_take(&l, &a, 100));
	cr_assert_eq(l.n.dead, 1);
	cr_assert(ledger_has_room(&l));
	cr_assert_eq(give(0, "late"), 0, "a dead task stays dead");
	expect(0, true);
}

Test(dist_ledger, giving_back_is_no_attempt)
{
	put("x");
	for (int i = 0; i < 5; i++) {
		take(&a, 0, 0, 1);
		cr_assert_not(ledger_give_back(&l, &b, 0), "it is not b's");
		cr_assert(ledger_give_back(&l, &a, 0));
	}
}

Test(dist_ledger, a_long_run_keeps_no_old_tasks)
{
	l.bound = UINT64_MAX;
	for (uint64_t i = 0; i < 100000; i++) {
		put("x");
		take(&a, 0, i, 1);
		cr_assert_eq(give(i, ""), 1);
		free(ledger_result(&l));
	}
	cr_assert_lt(l.room, 10000);
	cr_assert_eq(l.n.done, 100000);
}

/* Random owners take, give, give back, die and stall: at the end every task has come
 * out exactly once, as a result or dead. */
Test(dist_ledger, nothing_is_lost_and_nothing_counts_twice)
{
	enum { TASKS = 2000, OWNERS = 5 };
	static uint8_t out[TASKS];
	struct ledger_owner owner[OWNERS];
	struct ledger_result *r;
	uint64_t now_ns = 0, next_ns, n = 0;
	unsigned seed = 7;

	l.bound = 50;
	for (int i = 0; i < OWNERS; i++)
		ledger_owner_init(&owner[i], "o", i == 0);
	while (l.n.done + l.n.dead < TASKS) {
		struct ledger_owner *o = &owner[rand_r(&seed) % OWNERS];

		now_ns += (uint64_t)(rand_r(&seed) % 20);
		while (n < TASKS && ledger_put(&l, &n, sizeof(n)) == 1)
			n++;
		switch (rand_r(&seed) % 8) {
		case 0:
			cr_assert_eq(ledger_release(&l, o, "went away"), 0);
			break;
		case 1:
			ledger_extend(&l, o, now_ns);
			break;
		case 2:
		case 3:
			give((uint64_t)rand_r(&seed) % TASKS, "r");
			break;
		default:
			ledger_take(&l, o, now_ns);
		}
		cr_assert_eq(ledger_expire(&l, now_ns, &next_ns), 0);
		cr_assert_leq(l.n.queued + l.n.leased, 50);
		while ((r = ledger_result(&l)) != NULL) {
			cr_assert_eq(out[r->r.number]++, 0);
			free(r);
		}
	}
	for (int i = 0; i < TASKS; i++)
		cr_assert_eq(out[i], 1);
	cr_assert_eq(l.n.queued + l.n.leased, 0);
}

/* --- the journal ----------------------------------------------------------- */

static char path[64];

static void
new_path(void)
{
	int fd;

	setup();
	snprintf(path, sizeof(path), "/tmp/concbench-journal-XXXXXX");
	fd = mkstemp(path);
	cr_assert_geq(fd, 0);
	close(fd);
	unlink(path);
}

static void
drop_path(void)
{
	unlink(path);
	teardown();
}

TestSuite(dist_journal, .init = new_path, .fini = drop_path);

static void
reopen(struct journal *j)
{
	struct err e = { 0 };
	const int rc = journal_open(j, path, "run1", false, &l, &e);

	cr_assert_eq(rc, 0, "%s", e.msg);
	l.journal = j;
}

/* Forgets everything but the file. */
static void
crash(struct journal *j)
{
	journal_close(j);
	ledger_fini(&l);
	setup();
}

static void
sync_it(struct journal *j)
{
	struct err e;

	cr_assert_eq(journal_sync(j, &e), 0);
}

Test(dist_journal, tells_all_that_happened)
{
	struct ledger_result *r;
	struct journal j;

	reopen(&j);
	put("one");
	put("two");
	put("three");
	take(&a, 0, 0, 1);
	cr_assert_eq(ledger_release(&l, &a, "went away"), 0);
	take(&a, 0, 0, 2);
	cr_assert_eq(ledger_release(&l, &a, "went away"), 0);
	take(&b, 0, 1, 1);
	cr_assert_eq(ledger_give(&l, &(struct dist_result){ .number = 1,
							    .attempt = 1,
							    .status = 5,
							    .payload = "TWO",
							    .bytes = 3,
							    .who = "b" }),
		     1);
	take(&b, 0, 2, 1);
	cr_assert_eq(ledger_release(&l, &b, "went away"), 0);
	sync_it(&j);
	crash(&j);

	reopen(&j);
	cr_assert_str_eq(j.run, "run1");
	cr_assert_eq(l.n.put, 3);
	cr_assert_eq(l.n.done, 1);
	cr_assert_eq(l.n.dead, 1);
	expect(0, true);
	r = ledger_result(&l);
	cr_assert_eq(r->r.number, 1);
	cr_assert_eq(r->r.status, 5);
	cr_assert_eq(r->r.bytes, 3);
	cr_assert_arr_eq(r->r.payload, "TWO", 3);
	cr_assert_str_eq(r->r.who, "b");
	free(r);
	take(&a, 0, 2, 2);
	cr_assert_eq(give(1, "again"), 0, "it is counted no second time");
	put("four");
	cr_assert_eq(l.n.put, 4);
	journal_close(&j);
}

Test(dist_journal, has_one_master)
{
	struct journal j, other;
	struct err e;

	reopen(&j);
	cr_assert_eq(journal_open(&other, path, "run2", false, &l, &e), -EBUSY);
	journal_close(&j);
}

/* A record that was cut off anywhere is dropped; those before it are not. */
Test(dist_journal, bears_a_torn_end)
{
	struct stat st, whole;
	struct journal j;

	reopen(&j);
	put("one");
	sync_it(&j);
	cr_assert_eq(stat(path, &st), 0);
	put("two");
	sync_it(&j);
	cr_assert_eq(stat(path, &whole), 0);
	crash(&j);
	for (off_t size = whole.st_size - 1; size > st.st_size; size--) {
		cr_assert_eq(truncate(path, size), 0);
		reopen(&j);
		cr_assert_eq(l.n.put, 1);
		cr_assert_eq(j.dropped, (uint64_t)(size - st.st_size));
		put("two");
		sync_it(&j);
		crash(&j);
		reopen(&j);
		cr_assert_eq(l.n.put, 2);
		cr_assert_eq(j.dropped, 0);
		crash(&j);
	}
}

Test(dist_journal, a_byte_that_changed_ends_it)
{
	struct journal j;
	struct stat st;
	int fd;

	reopen(&j);
	put("one");
	sync_it(&j);
	cr_assert_eq(stat(path, &st), 0);
	put("two");
	sync_it(&j);
	crash(&j);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	cr_assert_eq(pwrite(fd, "X", 1, st.st_size + 9), 1);
	close(fd);
	reopen(&j);
	cr_assert_eq(l.n.put, 1);
	journal_close(&j);
}

Test(dist_journal, another_file_is_none)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct journal j;
	struct err e;

	cr_assert_eq(write(fd, "something else\n", 15), 15);
	close(fd);
	cr_assert_eq(journal_open(&j, path, "run1", false, &l, &e), -EBADMSG);
}
