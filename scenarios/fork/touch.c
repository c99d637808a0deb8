/*
 * touch.c - what --bench --rss measures: a child of a large process, which writes to
 * some of the pages that it shares with its parent until then (copy on write).
 *
 * The memory is the same for all subjects, for what is mapped beside would be copied,
 * too. It is in pages of the smallest size, each written to by the parent.
 */
#include "scenarios/fork/bench.h"

#include "core/clock.h"
#include "core/human.h"
#include "core/proc.h"
#include "core/stat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { OURS = 1, THEIRS = 2 }; /* in the first byte of each page */

/* The main thread's; taken by the first subject, given back by the last. */
static struct {
	char *at;
	size_t bytes, page;
	int users;
} memory;

struct touch {
	struct fork_request request;
	size_t pages;	     /* that a child writes to */
	atom_u64 *took_ns;   /* shared: by the last child, for all of them */
	uint64_t made, well; /* well: exited with 0 */
};

static int
take_memory(size_t bytes, struct err *e)
{
	if (memory.users++ > 0)
		return 0;
	memory.page = (size_t)sysconf(_SC_PAGESIZE);
	memory.bytes = bytes;
	memory.at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory.at == MAP_FAILED) {
		memory.users = 0;
		return err_set(e, errno, "cannot take %zu bytes of memory", bytes);
	}
	madvise(memory.at, bytes, MADV_NOHUGEPAGE); /* refused where there are none */
	for (size_t i = 0; i < bytes; i += memory.page)
		memory.at[i] = OURS;
	return 0;
}

static void
give_memory(void)
{
	if (--memory.users == 0)
		munmap(memory.at, memory.bytes);
}

/* In the child. */
static int
write_pages(void *arg)
{
	struct touch *t = arg;
	const uint64_t begin_ns = clock_ns();
	int wrong = 0;

	for (size_t i = 0; i < t->pages; i++) {
		wrong |= memory.at[i * memory.page] != OURS;
		memory.at[i * memory.page] = THEIRS;
	}
	atom_store_rlx(t->took_ns, clock_ns() - begin_ns);
	return wrong;
}

static int
open_touch(struct measure_subject *s, struct err *e)
{
	struct touch *t = calloc(1, sizeof(*t));
	int rc;

	if (t == NULL)
		return err_set(e, ENOMEM, "cannot make room for children");
	t->took_ns = mmap(NULL, sizeof(*t->took_ns), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	rc = t->took_ns == MAP_FAILED ? err_set(e, errno, "cannot map shared memory")
				      : take_memory((size_t)s->arg[0], e);
	if (rc != 0) {
		if (t->took_ns != MAP_FAILED)
			munmap(t->took_ns, sizeof(*t->took_ns));
		free(t);
		return rc;
	}
	t->pages = (memory.bytes + memory.page - 1) / memory.page * (size_t)s->arg[1] /
		   100;
	t->request = (struct fork_request){ .body = write_pages,
					    .arg = t,
					    .inherit_fd = { -1, -1 } };
	s->state = t;
	return 0;
}

static int
run_touch(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	  struct err *e)
{
	const struct fork_kind *kind = s->impl;
	struct touch *t = s->state;

	for (; did->ops < iterations; did->ops++) {
		const uint64_t begin_ns = clock_ns();
		const pid_t pid = kind->create(&t->request, e);
		const uint64_t returned_ns = clock_ns();
		int exitcode, rc;

		if (pid < 0)
			return (int)pid;
		t->made++;
		rc = proc_reap_pid(pid, &exitcode);
		if (rc != 0)
			return err_set(e, -rc, "cannot reap a child");
		t->well += exitcode == 0;
		did->counted[0] += (double)(returned_ns - begin_ns);
		did->counted[1] += (double)atom_load_rlx(t->took_ns);
		did->bytes += t->pages * memory.page;
		if (s->hist != NULL)
			hist_add(s->hist, clock_ns() - begin_ns);
	}
	return 0;
}

static bool
check_touch(struct measure_subject *s, char *detail, size_t size)
{
	const struct touch *t = s->state;
	size_t changed = 0;

	for (size_t i = 0; i < memory.bytes; i += memory.page)
		changed += memory.at[i] != OURS;
	snprintf(detail, size,
		 "%llu made, %llu exited with 0, %zu pages of the parent were changed",
		 (unsigned long long)t->made, (unsigned long long)t->well, changed);
	return t->well == t->made && changed == 0;
}

static void
close_touch(struct measure_subject *s)
{
	struct touch *t = s->state;

	give_memory();
	munmap(t->took_ns, sizeof(*t->took_ns));
	free(t);
}

static const struct metric counts[] = {
	{ "call", "ns", BETTER_LOWER, "the call that makes the child, in its parent" },
	{ "writing", "ns", BETTER_LOWER, "writing to the pages, in the child" },
	{ .name = NULL },
};

static const struct measure_body touch = {
	.name = "child",
	.op = "child made, writes to pages, reaped",
	.summary = "a child of a large process, from the call until it was reaped",
	.version = 1,
	.flags = MEASURE_INHERITS | MEASURE_SINGLE,
	.counts = counts,
	.open = open_touch,
	.run = run_touch,
	.check = check_touch,
	.close = close_touch,
};

int
fork_touch_add(struct measure *m, struct run *run, const struct fork_kind *kind,
	       int64_t bytes, int64_t percent, struct err *e)
{
	struct measure_subject s = { .body = &touch,
				     .kind = kind->kind.name,
				     .arg = { bytes, percent },
				     .impl = kind,
				     .context = run };
	snprintf(s.params, sizeof(s.params), "touch=%lld%%", (long long)percent);
	if (!(kind->traits & FORK_COPIES)) {
		s.status = RESULT_SKIPPED;
		snprintf(s.why, sizeof(s.why), "its child has no copy of the memory");
	}
	return measure_add(m, &s, e);
}

/* What a page costs: by the subject that writes to most and the one to fewest. */
static void
say_page(struct run *run, const struct measure_subject *few,
	 const struct measure_subject *many)
{
	const double pages = (double)((size_t)many->arg[0] / memory.page) *
			     (double)(many->arg[1] - few->arg[1]) / 100;
	const double ns = stat_median(many->value, many->nrounds) -
			  stat_median(few->value, few->nrounds);
	char each[HUMAN_TEXT], total[HUMAN_TEXT];

	if (pages < 1 || ns <= 0)
		return;
	result_line(run->result,
		    "%s: writing to %.0f pages more costs %s, %s a page of %zu bytes: "
		    "it is copied first",
		    many->kind, pages, human_ns(total, ns), human_ns(each, ns / pages),
		    memory.page);
}

void
fork_touch_judge(struct run *run, const struct measure *m)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct measure_subject *few = NULL, *many = NULL;

		for (size_t j = 0; j < m->n; j++) {
			const struct measure_subject *s = m->subject[j];

			if (s->body != &touch || s->status != RESULT_OK ||
			    s->nrounds == 0 || s->impl != m->subject[i]->impl)
				continue;
			if (j < i)
				break; /* said already */
			few = few == NULL || s->arg[1] < few->arg[1] ? s : few;
			many = many == NULL || s->arg[1] > many->arg[1] ? s : many;
		}
		if (few != NULL && many != few)
			say_page(run, few, many);
	}
}
