/*
 * test_preload - what a program leaves in the shared record, and how it is read.
 */
#include "core/preload.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A record without the library: that this program stands for is enough. */
static struct preload
open_any(void)
{
	struct preload p;
	struct err e;

	cr_assert_eq(preload_open(&p, "/proc/self/exe", "mcs", &e), 0, "%s", e.msg);
	return p;
}

static struct preload_shared *
map(const struct preload *p)
{
	struct preload_shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_NORESERVE, p->fd, 0);

	cr_assert_neq(s, MAP_FAILED);
	return s;
}

/* As the library does, for mutex `i` of the process. */
static void
leave(struct preload_process *p, uint32_t i, uint64_t site, uint64_t waits)
{
	struct preload_mutex *m = &p->mutex[i];

	hist_init(&m->wait);
	hist_init(&m->hold);
	m->site.offset = site;
	snprintf(m->site.module, sizeof(m->site.module), "/nonexistent/prog");
	m->acquired = 10 * waits + 1;
	m->contended = waits;
	for (uint64_t k = 0; k < waits; k++) {
		hist_add(&m->wait, 100);
		m->wait_ns += 100;
	}
	hist_add(&m->hold, 7);
	atom_store_rlx(&p->tally.nmutexes, i + 1);
}

Test(preload, environment_has_both_variables_once)
{
	struct preload p;
	struct stat st;
	char tell[128];
	int n = 0;

	setenv("LD_PRELOAD", "/other.so", 1);
	setenv(PRELOAD_ENV, "old", 1);
	p = open_any();
	cr_assert_eq(fstat(p.fd, &st), 0);
	snprintf(tell, sizeof(tell), PRELOAD_ENV "=%d:%d:%llu:mcs", p.fd, (int)getpid(),
		 (unsigned long long)st.st_ino);
	for (char **v = p.envp; *v != NULL; v++) {
		if (strncmp(*v, "LD_PRELOAD=", 11) == 0) {
			cr_expect_str_eq(*v + strlen(*v) - 10, ":/other.so");
			n++;
		}
		if (strncmp(*v, PRELOAD_ENV, strlen(PRELOAD_ENV)) == 0) {
			cr_expect_str_eq(*v, tell);
			n++;
		}
	}
	cr_expect_eq(n, 2);
	preload_close(&p);
	preload_close(&p);
}

Test(preload, refuses_a_path_that_the_loader_cannot_take)
{
	char path[] = "/tmp/pre load XXXXXX";
	struct preload p;
	struct err e;
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	cr_expect_eq(preload_open(&p, path, "mcs", &e), -EINVAL);
	cr_expect_eq(preload_open(&p, "/nonexistent", "mcs", &e), -ENOENT);
	cr_expect_eq(p.fd, -1);
	close(fd);
	unlink(path);
}

Test(preload, adds_up_processes_and_runs_by_place_and_order)
{
	struct preload_book b = { .row = NULL };
	struct err e;

	for (int run = 0; run < 2; run++) {
		struct preload p = open_any();
		struct preload_shared *s = map(&p);

		atom_store_rlx(&s->loaded, 2);
		atom_store_rlx(&s->nprocesses, 2);
		leave(&s->process[0], 0, 0x10, 1);
		leave(&s->process[0], 1, 0x20, 5);
		leave(&s->process[0], 2, 0x10, 3);
		leave(&s->process[1], 0, 0x20, 2);
		atom_store_rlx(&s->process[1].tally.unlisted, 4);
		cr_expect_eq(preload_collect(&p, &b, &e), 0);
		munmap(s, sizeof(*s));
		preload_close(&p);
	}
	preload_settle(&b);
	cr_assert_eq(b.n, 3);
	cr_expect_eq(b.runs, 2);
	cr_expect_eq(b.loaded, 4);
	cr_expect_eq(b.processes, 4);
	cr_expect_eq(b.unlisted, 8);
	cr_expect_str_eq(b.row[0].name, "prog+0x20");
	cr_expect_eq(b.row[0].mutexes, 4);
	cr_expect_eq(b.row[0].contended, 14);
	cr_expect_eq(b.row[0].wait->count, 14);
	cr_expect_eq(b.row[0].hold->count, 4);
	cr_expect_eq(hist_quantile(b.row[0].hold, 0.5), 7);
	cr_expect_str_eq(b.row[1].name, "prog+0x10 #2");
	cr_expect_eq(b.row[1].wait_ns, 600);
	cr_expect_str_eq(b.row[2].name, "prog+0x10");
	preload_book_fini(&b);
}

/* What a program that went astray wrote must not lead us astray. */
Test(preload, counts_beyond_the_room_are_cut)
{
	struct preload_book b = { .row = NULL };
	struct preload p = open_any();
	struct preload_shared *s = map(&p);
	struct err e;

	atom_store_rlx(&s->nprocesses, PRELOAD_PROCESSES + 5);
	leave(&s->process[0], 0, 0x10, 1);
	memset(s->process[0].mutex[0].site.module, 'x', PRELOAD_PATH);
	atom_store_rlx(&s->process[0].tally.nmutexes, 1);
	cr_expect_eq(preload_collect(&p, &b, &e), 0);
	cr_expect_eq(b.lost_processes, 5);
	cr_expect_eq(b.processes, PRELOAD_PROCESSES);
	preload_settle(&b);
	cr_assert_eq(b.n, 1);
	cr_expect_eq(strlen(b.row[0].site.module), PRELOAD_PATH - 1);
	preload_book_fini(&b);
	munmap(s, sizeof(*s));
	preload_close(&p);
}

Test(preload, tells_programs_that_do_not_fit)
{
	char path[] = "/tmp/preload-fit-XXXXXX";
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	cr_expect_eq(preload_fit("/proc/self/exe"), PRELOAD_FITS);
	cr_expect_eq(preload_fit("/etc/passwd"), PRELOAD_ALIEN);
	cr_expect_eq(preload_fit("/nonexistent"), -ENOENT);
	cr_assert_gt(dprintf(fd, "#! /proc/self/exe -x\n"), 0);
	cr_expect_eq(preload_fit(path), PRELOAD_FITS);
	if (geteuid() == 0) {
		cr_assert_eq(fchown(fd, 65534, 65534), 0);
		cr_assert_eq(fchmod(fd, 04755), 0);
		cr_assert_eq(ftruncate(fd, 0), 0);
		cr_expect_eq(preload_fit(path), PRELOAD_SETUID);
	}
	close(fd);
	unlink(path);
}
