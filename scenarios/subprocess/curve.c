/*
 * curve.c - what starting a program costs as the memory of the parent grows.
 *
 * The parent takes so much memory and writes to every page of it, in pages of the
 * smallest size, as a heap of small objects has them. For each size every kind starts
 * the program once a round, in an order drawn anew.
 */
#include "core/clock.h"
#include "core/human.h"
#include "core/rng.h"
#include "core/stat.h"
#include "scenarios/subprocess/subprocess_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROUNDS 20 /* when --repeat is not given */
#define KINDS_MAX 8
#define BAR_COLUMNS 30

static const struct result_column columns[] = {
	{ "rss", "memory", COLUMN_TEXT },
	{ "spawned_by", "kind", COLUMN_TEXT },
	{ "spawn_ns", "spawn", COLUMN_NS },
	{ "own_ns", "own", COLUMN_NS },
	{ "exec_ns", "exec", COLUMN_NS },
	{ "total_ns", "total", COLUMN_NS },
	{ "growth", "x of the smallest", COLUMN_NUMBER },
	{ "bar", "spawn", COLUMN_TEXT },
};

enum { C_RSS, C_KIND, C_SPAWN, C_OWN, C_EXEC, C_TOTAL, C_GROWTH, C_BAR, C_COUNT };

/* Samples of one kind at one size. */
struct point {
	struct result_series *spawn, *own, *exec, *total;
};

struct curve {
	struct run *run;
	const struct subprocess_opts *o;
	const struct spawn_kind *kind[KINDS_MAX];
	size_t nkinds, rounds;
	char **argv;
	struct point *point; /* size by size, kind by kind */
	size_t nsizes;	     /* that were measured */
	uint64_t nruns, nzero;
};

static uint64_t
memory_available(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	unsigned long long kib = 0;
	char line[128];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			break;
	if (f != NULL)
		fclose(f);
	return kib == 0 ? UINT64_MAX : kib * 1024;
}

/* Takes memory and writes to every page. NULL: a stop, or refused (e says so). */
static char *
take_memory(struct run *run, size_t bytes, struct err *e)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *m;

	m = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		 0);
	if (m == MAP_FAILED) {
		err_set(e, errno, "cannot take %zu bytes of memory", bytes);
		return NULL;
	}
	madvise(m, bytes, MADV_NOHUGEPAGE); /* refused where there are none */
	for (size_t i = 0; i < bytes; i += page) {
		m[i] = 1;
		if (i % (1024 * page) == 0 && stop_reason(run->stop) != STOP_NONE) {
			munmap(m, bytes);
			e->code = ECANCELED;
			return NULL;
		}
	}
	return m;
}

/* One start; added to the point unless it is to warm up. */
static int
start_one(struct curve *c, size_t kind, const struct point *p, struct err *e)
{
	struct result *r = c->run->result;
	struct subprocess_run q = {
		.config = { .kind = c->kind[kind],
			    .argv = c->argv,
			    .stream = { SUBPROCESS_NULL, SUBPROCESS_NULL,
					SUBPROCESS_NULL },
			    .flags = SPAWN_DIES_WITH_PARENT },
		.grace_ns = c->o->grace_ns,
		.cancel_fd = c->run->stop->fd,
	};
	struct subprocess_end end;
	const struct spawn_child *s = &end.spawned;
	int rc = subprocess_run(&q, &end, e);

	if (rc != 0 || end.refused != 0)
		return rc != 0 ? rc : -end.refused;
	if (end.cancelled)
		return -ECANCELED;
	if (p == NULL)
		return 0;
	c->nruns++;
	c->nzero += end.exitcode == 0;
	result_sample(r, p->spawn, (double)(s->return_ns - s->call_ns));
	if (s->exec_ns != 0) {
		result_sample(r, p->own, (double)(s->exec_ns - s->call_ns));
		result_sample(r, p->exec, (double)(s->return_ns - s->exec_ns));
	}
	result_sample(r, p->total, (double)(end.end_ns - s->call_ns));
	return 0;
}

static void
name_points(struct curve *c, struct point *p, uint64_t bytes)
{
	char label[64], size[HUMAN_TEXT];

	for (size_t k = 0; k < c->nkinds; k++) {
		snprintf(label, sizeof(label), "%s, %s", c->kind[k]->kind.name,
			 human_bytes(size, (double)bytes));
		p[k].spawn = subprocess_series(c->run, label, 1, M_SPAWN);
		p[k].own = subprocess_series(c->run, label, 1, M_OWN);
		p[k].exec = subprocess_series(c->run, label, 1, M_EXEC);
		p[k].total = subprocess_series(c->run, label, 1, M_TOTAL);
	}
}

static int
measure_size(struct curve *c, size_t size, struct err *e)
{
	const size_t bytes = (size_t)c->o->rss.v[size];
	struct point *p = &c->point[size * c->nkinds];
	size_t order[KINDS_MAX];
	struct rng rng;
	char *m = NULL;
	int rc = 0;

	if (bytes > 0) {
		m = take_memory(c->run, bytes, e);
		if (m == NULL)
			return -e->code;
	}
	name_points(c, p, bytes);
	rng_init(&rng, c->run->seed, size);
	for (size_t round = 0; round <= c->rounds && rc == 0; round++) {
		rng_shuffle(&rng, order, c->nkinds);
		for (size_t i = 0; i < c->nkinds && rc == 0; i++)
			rc = start_one(c, order[i], round == 0 ? NULL : &p[order[i]],
				       e);
	}
	if (m != NULL)
		munmap(m, bytes);
	c->nsizes += rc == 0;
	return rc;
}

static double
median(const struct result_series *s)
{
	return s == NULL ? 0 : stat_median(s->sample, s->n);
}

static void
add_row(struct curve *c, struct result_table *t, size_t size, size_t kind, double most)
{
	const struct point *p = &c->point[size * c->nkinds + kind];
	const double spawn = median(p->spawn), first = median(c->point[kind].spawn);
	struct result *r = c->run->result;
	const size_t row = result_row(r, t);
	char bar[BAR_COLUMNS * 3 + 1] = "", memory[HUMAN_TEXT];
	int cells = (int)(spawn / most * BAR_COLUMNS + 0.5);

	for (int i = 0; i < cells || i == 0; i++)
		memcpy(bar + 3 * i, "█", 4);
	result_text(r, t, row, C_RSS, human_bytes(memory, (double)c->o->rss.v[size]));
	result_text(r, t, row, C_KIND, c->kind[kind]->kind.name);
	result_number(t, row, C_SPAWN, spawn);
	if (p->own != NULL && p->own->n > 0) {
		result_number(t, row, C_OWN, median(p->own));
		result_number(t, row, C_EXEC, median(p->exec));
	}
	result_number(t, row, C_TOTAL, median(p->total));
	if (first > 0)
		result_number(t, row, C_GROWTH, spawn / first);
	result_text(r, t, row, C_BAR, bar);
}

/* A sentence a kind: how it grew from the smallest size to the largest. */
static void
say_growth(struct curve *c)
{
	const size_t last = c->nsizes - 1;
	char low[HUMAN_TEXT], high[HUMAN_TEXT], small[HUMAN_TEXT], large[HUMAN_TEXT];

	for (size_t k = 0; k < c->nkinds; k++) {
		const double a = median(c->point[k].spawn);
		const double b = median(c->point[last * c->nkinds + k].spawn);

		if (!(a > 0))
			continue;
		result_line(c->run->result, "%s: %s at %s, %s at %s: %.3g×%s",
			    c->kind[k]->kind.name, human_ns(low, a),
			    human_bytes(small, (double)c->o->rss.v[0]),
			    human_ns(high, b),
			    human_bytes(large, (double)c->o->rss.v[last]), b / a,
			    c->kind[k]->traits & SPAWN_COPIES
				    ? "; it copies the page tables of the parent"
				    : "");
	}
}

static void
conclude(struct curve *c)
{
	struct result *r = c->run->result;
	struct result_table *t = result_table(r, "curve", NULL, 1, columns, C_COUNT);
	double most = 1;

	for (size_t i = 0; i < c->nsizes * c->nkinds; i++)
		if (median(c->point[i].spawn) > most)
			most = median(c->point[i].spawn);
	for (size_t s = 0; s < c->nsizes; s++)
		for (size_t k = 0; k < c->nkinds; k++)
			add_row(c, t, s, k, most);
	if (c->nsizes > 0)
		say_growth(c);
	result_line(r,
		    "medians of %zu rounds, each kind once a round in an order drawn "
		    "anew, after one to warm up; pages of %ld bytes",
		    c->rounds, sysconf(_SC_PAGESIZE));
	result_check(r, NULL, "every program exited 0", c->nzero == c->nruns,
		     "%llu of %llu", (unsigned long long)c->nzero,
		     (unsigned long long)c->nruns);
}

/* No size that is not there. */
static int
check_sizes(const struct subprocess_opts *o, struct err *e)
{
	char size[HUMAN_TEXT], left[HUMAN_TEXT];
	uint64_t available = memory_available();

	for (size_t i = 0; i < o->rss.n; i++) {
		if ((uint64_t)o->rss.v[i] > available - available / 10)
			return err_set(e, ENOMEM, "--rss: %s are too much, %s are free",
				       human_bytes(size, (double)o->rss.v[i]),
				       human_bytes(left, (double)available));
	}
	return 0;
}

static void
choose_kinds(struct curve *c)
{
	char why[128];

	for (size_t i = 0; i < c->o->kinds.n && c->nkinds < KINDS_MAX; i++)
		c->kind[c->nkinds++] = spawn_kind_table[c->o->kinds.v[i]];
	for (size_t i = 0;
	     c->o->kinds.n == 0 && spawn_kind_table[i] != NULL && c->nkinds < KINDS_MAX;
	     i++) {
		const struct spawn_kind *k = spawn_kind_table[i];

		if (k->kind.available == NULL || k->kind.available(why, sizeof(why)))
			c->kind[c->nkinds++] = k;
	}
}

int
subprocess_curve(struct run *run, const struct subprocess_opts *o, struct err *e)
{
	char *program[] = { "true", NULL };
	struct curve c = { .run = run,
			   .o = o,
			   .rounds = o->repeat > 1 ? (size_t)o->repeat : ROUNDS,
			   .argv = run->argc > 0 ? run->argv : program };
	int rc = check_sizes(o, e);

	if (rc != 0)
		return rc;
	choose_kinds(&c);
	/* At least one, for there is always fork. */
	c.point = calloc(o->rss.n * c.nkinds + 1, sizeof(*c.point));
	if (c.point == NULL)
		return err_set(e, ENOMEM, "no memory for the curve");
	for (size_t i = 0; i < o->rss.n && rc == 0; i++)
		rc = measure_size(&c, i, e);
	conclude(&c);
	free(c.point);
	return rc;
}
