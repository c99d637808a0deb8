/*
 * fork.c - `concbench fork`: a process that returns twice, and its relatives.
 */
#include "core/clock.h"
#include "core/family.h"
#include "core/fork.h"
#include "core/proc.h"
#include "scenarios/fork/bench.h"
#include "scenarios/fork/demos.h"
#include "scenarios/scenario.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Processes of one tree: what a shell user's limits commonly allow. */
enum { TOTAL_MAX = 10000, ROLES_MAX = 65535 };

struct fork_opts {
	int64_t n, depth;
	struct param_list kinds;
	bool share;
	uint64_t pause_ns, rss_bytes;
	struct param_list touch;
	int demo; /* DEMO_ */
};

static const struct choice demos[] = {
	[DEMO_TREE] = { "tree", "children that say who they are" },
	[DEMO_STDIO] = { "stdio", "text that comes out twice" },
	[DEMO_LOCKED] = { "locked-thread", "fork while another thread holds a lock" },
	[DEMO_ZOMBIE] = { "zombie", "a zombie and an orphan" },
	{ .name = NULL },
};

static const struct param params[] = {
	{ .name = "workers",
	  .letter = 'n',
	  .type = PARAM_COUNT,
	  .offset = offsetof(struct fork_opts, n),
	  .arg = "N",
	  .def = "1",
	  .min = 1,
	  .max = TOTAL_MAX,
	  .help = "children that each process makes" },
	{ .name = "kind",
	  .letter = 'k',
	  .type = PARAM_KINDS,
	  .offset = offsetof(struct fork_opts, kinds),
	  .arg = "LIST",
	  .def = "fork",
	  .kinds = fork_kind_list,
	  .help = "ways to make a child, shown one after the other" },
	{ .name = "share",
	  .type = PARAM_FLAG,
	  .offset = offsetof(struct fork_opts, share),
	  .help = "each child changes a variable of its own and one in shared memory" },
	{ .name = "depth",
	  .type = PARAM_COUNT,
	  .offset = offsetof(struct fork_opts, depth),
	  .arg = "D",
	  .def = "1",
	  .min = 1,
	  .max = TOTAL_MAX,
	  .help = "levels of a tree: each child makes N children, too" },
	{ .name = "pause",
	  .type = PARAM_DURATION,
	  .offset = offsetof(struct fork_opts, pause_ns),
	  .arg = "DUR",
	  .def = "0",
	  .help = "how long each child stays before it exits" },
	{ .name = "rss",
	  .type = PARAM_SIZE,
	  .offset = offsetof(struct fork_opts, rss_bytes),
	  .arg = "SIZE",
	  .max = 8796093022208.0, /* 8 TiB */
	  .help = "with --bench: a parent with so much memory in use" },
	{ .name = "touch",
	  .type = PARAM_COUNTS,
	  .offset = offsetof(struct fork_opts, touch),
	  .arg = "LIST",
	  .def = "0",
	  .max = 100,
	  .help = "with --rss: percent of it that the child writes to; a list runs "
		  "each" },
	{ .name = "demo",
	  .type = PARAM_CHOICE,
	  .offset = offsetof(struct fork_opts, demo),
	  .arg = "NAME",
	  .def = "tree",
	  .choices = demos,
	  .help = "what is shown; all but tree take no other options" },
	PARAM_END,
};

static const struct metric metrics[] = {
	{ "wall", "ns", BETTER_LOWER, "from the first call until all were reaped" },
	{ "create", "ns", BETTER_LOWER, "a call that made a child, in its parent" },
	{ "startup", "ns", BETTER_LOWER, "from the call to the child's first line" },
	{ "lifetime", "ns", BETTER_LOWER, "from a child's first line to its last" },
	{ .name = NULL },
};

enum { M_WALL, M_CREATE, M_STARTUP, M_LIFETIME };

static const struct result_column columns[] = {
	{ "child", "child", COLUMN_NUMBER },
	{ "pid", "PID", COLUMN_NUMBER },
	{ "ppid", "parent", COLUMN_NUMBER },
	{ "exitcode", "exit code", COLUMN_NUMBER },
	{ "create_ns", "call", COLUMN_NS },
	{ "startup_ns", "startup", COLUMN_NS },
	{ "lifetime_ns", "lifetime", COLUMN_NS },
};

enum { C_CHILD, C_PID, C_PPID, C_EXITCODE, C_CREATE, C_STARTUP, C_LIFETIME, C_COUNT };

static int
total(const struct fork_opts *o)
{
	return (int)family_size(o->n, o->depth, ROLES_MAX);
}

static int
roles(const struct run *run, const void *opts)
{
	const struct fork_opts *o = opts;

	(void)run;
	return o->demo != DEMO_TREE ? 2 : 1 + (int)o->kinds.n * total(o);
}

static int
check(const struct run *run, const void *opts, struct err *e)
{
	const struct fork_opts *o = opts;
	const int64_t n = family_size(o->n, o->depth, INT64_MAX / 2);

	if (!run->bench && o->rss_bytes > 0)
		return err_set(e, EINVAL, "'--rss' is for --bench");
	if (o->demo != DEMO_TREE &&
	    (o->n > 1 || o->depth > 1 || o->share || o->pause_ns > 0 || o->kinds.n > 1))
		return err_set(e, EINVAL,
			       "'--demo %s' takes no '-n', '-k', '--share', "
			       "'--depth' or '--pause'",
			       demos[o->demo].name);
	if (n > INT64_MAX / 2)
		return err_set(e, EINVAL,
			       "'-n %lld --depth %lld' would make more than 4e18 "
			       "processes; at most %d are made",
			       (long long)o->n, (long long)o->depth, TOTAL_MAX);
	if (n > TOTAL_MAX)
		return err_set(e, EINVAL,
			       "'-n %lld --depth %lld' would make %lld processes; at "
			       "most %d are made",
			       (long long)o->n, (long long)o->depth, (long long)n,
			       TOTAL_MAX);
	if (1 + (int64_t)o->kinds.n * n > ROLES_MAX)
		return err_set(
			e, EINVAL,
			"'-k' names %zu ways of %lld processes each; a run shows "
			"at most %d",
			o->kinds.n, (long long)n, ROLES_MAX - 1);
	return 0;
}

/* "fork-2.1": the first child of the second child; "fork-#713" where that is long. */
static void
name_role(struct run *run, const char *kind, int role0, int number, int n)
{
	char path[TRACE_NAME] = "", longer[TRACE_NAME + 16], name[2 * TRACE_NAME];
	int i, place;

	for (i = number; i > 0; i = (i - 1) / n) {
		place = (i - 1) % n + 1;
		snprintf(longer, sizeof(longer), "%d%s%s", place, *path ? "." : "",
			 path);
		if (strlen(longer) + strlen(kind) + 1 >= TRACE_NAME) {
			snprintf(longer, sizeof(longer), "#%d", number);
			i = 0;
		}
		memcpy(path, longer, sizeof(path));
	}
	snprintf(name, sizeof(name), "%s-%s", kind, path);
	trace_name(run->trace, role0 + number, name);
}

static void
add_row(struct run *run, struct result_table *t, const struct family_slot *s, int i)
{
	const size_t row = result_row(run->result, t);
	const uint64_t begin_ns = atom_load_rlx(&s->begin_ns);
	const uint64_t end_ns = atom_load_rlx(&s->end_ns);

	result_number(t, row, C_CHILD, i);
	result_number(t, row, C_PID, atom_load_rlx(&s->created));
	if (atom_load_rlx(&s->reaped))
		result_number(t, row, C_EXITCODE, atom_load_rlx(&s->exitcode));
	result_number(t, row, C_CREATE, (double)atom_load_rlx(&s->create_ns));
	if (begin_ns == 0)
		return;
	result_number(t, row, C_PPID, atom_load_rlx(&s->parent));
	result_number(t, row, C_STARTUP,
		      (double)(begin_ns - atom_load_rlx(&s->called_ns)));
	if (end_ns >= begin_ns)
		result_number(t, row, C_LIFETIME, (double)(end_ns - begin_ns));
}

static void
add_samples(struct run *run, const struct family *f, int64_t n)
{
	const char *kind = f->kind->kind.name;
	struct result *r = run->result;
	struct result_table *t = result_table(r, "children", kind, n, columns, C_COUNT);
	struct result_series *series[4];
	int i;

	for (i = M_CREATE; i <= M_LIFETIME; i++)
		series[i] = result_series(r, kind, n, &metrics[i]);
	if (t != NULL)
		t->quiet = true;
	for (i = 1; i <= f->total; i++) {
		const struct family_slot *s = &f->shared->slot[i];
		const uint64_t begin_ns = atom_load_rlx(&s->begin_ns);
		const uint64_t end_ns = atom_load_rlx(&s->end_ns);

		if (atom_load_rlx(&s->created) == 0)
			continue;
		add_row(run, t, s, i);
		result_sample(r, series[M_CREATE],
			      (double)atom_load_rlx(&s->create_ns));
		if (begin_ns == 0)
			continue;
		result_sample(r, series[M_STARTUP],
			      (double)(begin_ns - atom_load_rlx(&s->called_ns)));
		if (end_ns >= begin_ns)
			result_sample(r, series[M_LIFETIME],
				      (double)(end_ns - begin_ns));
	}
}

/* What the slots of the children that were made add up to. */
struct tally {
	int created, reaped, reported, right_parent, same_pid, exited;
	int64_t fresh, copied; /* how they found the private variable */
	int first_bad;	       /* a child that did not exit with 0 */
};

static struct tally
count(const struct family *f)
{
	struct tally y = { 0 };
	int i;

	for (i = 1; i <= f->total; i++) {
		const struct family_slot *s = &f->shared->slot[i];
		const struct family_slot *p = &f->shared->slot[(i - 1) / f->shared->n];
		const int pid = atom_load_rlx(&s->created);
		const int64_t before = atom_load_rlx(&s->private_before);
		const bool good = atom_load_rlx(&s->exitcode) == 0;

		if (pid == 0)
			continue;
		y.created++;
		y.reaped += atom_load_rlx(&s->reaped);
		y.reported += atom_load_rlx(&s->begin_ns) != 0;
		y.right_parent += atom_load_rlx(&s->parent) == atom_load_rlx(&p->pid);
		y.same_pid += atom_load_rlx(&s->pid) == pid;
		y.exited += good;
		if (!good && y.first_bad == 0)
			y.first_bad = i;
		y.fresh += before == FAMILY_FRESH;
		/* Its parent had changed the copy already, below the first level. */
		y.copied += before == (p == f->shared->slot
					       ? FAMILY_BEFORE
					       : atom_load_rlx(&p->private_after));
	}
	return y;
}

static void
check_children(struct run *run, const struct family *f, const struct tally *y)
{
	const char *kind = f->kind->kind.name;
	struct result *r = run->result;

	result_check(r, kind, "every child was reaped", y->reaped == y->created,
		     "%d created, %d reaped", y->created, y->reaped);
	if (y->created == 0)
		return;
	result_check(r, kind, "every child reported its parent",
		     y->right_parent == y->created, "%d of %d", y->right_parent,
		     y->created);
	if (f->kind->traits & FORK_RETURNS_TWICE)
		result_check(r, kind, "both returns were seen",
			     y->same_pid == y->created,
			     "0 in the child, its PID in the parent: %d of %d",
			     y->same_pid, y->created);
	else
		result_check(r, kind, "the fresh program knew its PID",
			     y->same_pid == y->created, "%d of %d", y->same_pid,
			     y->created);
}

static void
check_share(struct run *run, const struct family *f, const struct tally *y)
{
	const char *kind = f->kind->kind.name;
	const int64_t mine = family_private();
	const int64_t shared = atom_load_rlx(&f->shared->shared_variable);
	struct result *r = run->result;

	if (f->kind->traits & FORK_SHARES)
		result_check(r, kind, "the children changed the parent's variable",
			     mine == FAMILY_BEFORE + y->reported, "%d became %lld",
			     FAMILY_BEFORE, (long long)mine);
	else
		result_check(r, kind, "the parent's variable is unchanged",
			     mine == FAMILY_BEFORE, "it was %d and is %lld",
			     FAMILY_BEFORE, (long long)mine);
	if (f->kind->traits & FORK_COPIES)
		result_check(r, kind, "each child had a copy", y->copied == y->created,
			     "%lld of %d found their parent's value",
			     (long long)y->copied, y->created);
	if (f->kind->traits & FORK_EXECS)
		result_check(r, kind, "each child had a fresh variable",
			     y->fresh == y->created,
			     "%lld of %d found %d, as the program's file has it",
			     (long long)y->fresh, y->created, FAMILY_FRESH);
	result_check(r, kind, "the variable in shared memory was changed by all",
		     shared == y->reported, "%d children, it is %lld", y->reported,
		     (long long)shared);
	result_line(r, "%s: my variable at %p is %lld, %s; shared memory at %p is %lld",
		    kind, family_private_address(), (long long)mine,
		    mine == FAMILY_BEFORE ? "unchanged" : "changed by the children",
		    (const void *)&f->shared->shared_variable, (long long)shared);
}

/* A child that did not exit by itself is a failed run. */
static int
judge_exits(const struct family *f, const struct tally *y, struct err *e)
{
	const struct family_slot *s = &f->shared->slot[y->first_bad];
	const int exitcode = atom_load_rlx(&s->exitcode);
	char words[64];

	if (y->first_bad == 0)
		return 0;
	/* A fresh program that cannot begin exits with the errno. */
	if (f->kind->traits & FORK_EXECS && exitcode > 0 &&
	    atom_load_rlx(&s->begin_ns) == 0)
		return err_set(e, exitcode, "child %d (%d) could not begin",
			       y->first_bad, atom_load_rlx(&s->created));
	return err_set(e, EINVAL, "child %d (%d): %s", y->first_bad,
		       atom_load_rlx(&s->created),
		       proc_exit_words(exitcode, words, sizeof(words)));
}

static const char *const self_words[] = { "concbench", "__child", "fork", NULL };

static int
run_kind(struct run *run, const struct fork_opts *o, struct family *f, struct err *e)
{
	const uint64_t begin_ns = clock_ns();
	struct tally y;
	int rc, i;

	for (i = 1; i <= f->total; i++)
		name_role(run, f->kind->kind.name, f->role0, i, (int)o->n);
	rc = family_run(f, e);
	y = count(f);
	if (rc == 0)
		result_sample(run->result,
			      result_series(run->result, f->kind->kind.name, o->n,
					    &metrics[M_WALL]),
			      (double)(clock_ns() - begin_ns));
	add_samples(run, f, o->n);
	if (rc == 0)
		rc = judge_exits(f, &y, e);
	if (rc == 0 || rc == -ECANCELED) {
		check_children(run, f, &y);
		if (o->share && rc == 0)
			check_share(run, f, &y);
	}
	if (rc == 0)
		result_line(run->result, "%s: %d child process%s created and reaped",
			    f->kind->kind.name, y.created, y.created == 1 ? "" : "es");
	else
		result_line(run->result,
			    "%s: %d of %d child processes created, %d reaped",
			    f->kind->kind.name, y.created, f->total, y.reaped);
	if (f->orphans > 0)
		result_warn(run->result, "%d orphans of killed processes were reaped",
			    f->orphans);
	return rc;
}

static int
run_fork(struct run *run, const void *opts, struct err *e)
{
	const struct fork_opts *o = opts;
	struct family f;
	size_t i;
	int rc;

	trace_name(run->trace, 0, "main");
	if (o->demo != DEMO_TREE)
		return fork_demo(run, o->demo, e);
	rc = family_init(&f, (int)o->n, (int)o->depth, e);
	if (rc != 0)
		return rc;
	f.trace = run->trace;
	f.stop = run->stop;
	f.self = run->self;
	f.self_words = self_words;
	f.pin = run->pin;
	f.share = o->share;
	f.pause_ns = o->pause_ns;
	for (i = 0; i < o->kinds.n && rc == 0; i++) {
		f.kind = fork_kind_table[o->kinds.v[i]];
		f.role0 = (int)i * f.total;
		rc = run_kind(run, o, &f, e);
	}
	family_fini(&f);
	/* A stop is no failure of the run: the front knows of it. */
	return rc == -ECANCELED ? 0 : rc;
}

static int
child(int argc, char **argv)
{
	if (argc > 0 && strcmp(argv[0], FORK_BENCH_WORD) == 0) {
		/* Made to be measured: it was started with all signals blocked. */
		proc_settle(PROC_DIES_WITH_PARENT, getppid());
		return 0;
	}
	return family_exec("/proc/self/exe", self_words, argc, argv);
}

static int
bench_fork(struct run *run, const void *opts, struct measure *m, struct err *e)
{
	const struct fork_opts *o = opts;
	static const char *const used[] = { "workers", "kind", NULL };
	static const char *const of_rss[] = { "kind", "rss", "touch", NULL };
	const char *other =
		run_given_but(run, params, o->rss_bytes > 0 ? of_rss : used);
	int rc = 0;

	if (other != NULL)
		return err_set(e, EINVAL, "'--%s' is not for --bench%s", other,
			       o->rss_bytes > 0 ? " with --rss" : "");
	for (size_t i = 0; o->rss_bytes == 0 && i < o->kinds.n && rc == 0; i++)
		rc = fork_bench_add(m, run, fork_kind_table[o->kinds.v[i]], o->n, e);
	for (size_t t = 0; o->rss_bytes > 0 && t < o->touch.n; t++)
		for (size_t i = 0; i < o->kinds.n && rc == 0; i++)
			rc = fork_touch_add(m, run, fork_kind_table[o->kinds.v[i]],
					    (int64_t)o->rss_bytes, o->touch.v[t], e);
	return rc;
}

static void
judge_fork(struct run *run, const void *opts, const struct measure *m)
{
	const struct fork_opts *o = opts;

	if (o->rss_bytes > 0)
		fork_touch_judge(run, m);
}

static const struct example examples[] = {
	{ "concbench fork", "one child: who says what, and what fork returns twice" },
	{ "concbench fork -n 3 -k fork,vfork,posix_spawn,clone3", "what differs" },
	{ "concbench fork --share -k all", "a changed variable, in copies and shared" },
	{ "concbench fork -n 2 --depth 3 --pause 1s", "a tree of 14 processes" },
	{ "concbench fork -b -k all", "what a child costs, by the way it is made" },
	{ "concbench fork -b --rss 256M --touch 0,50,100", "what copy on write costs" },
	{ "concbench fork --demo stdio", "why a printf before fork comes out twice" },
	{ "concbench fork --demo locked-thread", "fork while a thread holds a lock" },
	{ "concbench fork --demo zombie", "a zombie, and an orphan" },
	{ .line = NULL },
};

const struct scenario scenario_fork = {
	.name = "fork",
	.summary = "make child processes: what returns twice, what is copied",
	.stands_for = "os.fork, os.getpid, os.getppid, os.waitpid",
	.about =
		"The parent says its PID, makes N children and waits for each. fork "
		"returns twice: 0 in the child, the child's PID in the parent; both "
		"returns are events. vfork does so, too, but the parent is suspended "
		"until the child exits, for the child runs in its memory. posix_spawn "
		"runs this program afresh; nothing returns twice. clone3 is the system "
		"call behind them, called directly.\n\n"
		"With --share each child changes a variable of the program and one in "
		"shared memory, and shows where both lie and what was there. A copy "
		"(fork, clone3) leaves the parent's variable as it was, a loan (vfork) "
		"changes it, a fresh program (posix_spawn) begins with the value in "
		"its "
		"file; the shared memory is changed by all.\n\n"
		"With --depth D each child makes N children, too, D levels deep; at "
		"most 10,000 processes in all. Roles are named by their way down: "
		"fork-2.1 is the first child of the second.\n\n"
		"--demo shows what surprises people: a buffered text that comes out "
		"twice, since fork copies the buffer; a lock held by a thread that the "
		"child does not have; a child that is a zombie until it is waited for, "
		"and an orphan that is adopted.\n\n"
		"With --bench --rss the parent has so much memory in use, and the "
		"child "
		"writes to --touch percent of its pages, each of which is copied then: "
		"'call' is the making of the child, 'writing' its writing.\n\n"
		"When the system refuses a child, the run says how many were made, "
		"reaps them all and ends with status 3.",
	.examples = examples,
	.params = params,
	.opts_size = sizeof(struct fork_opts),
	.kinds = fork_kind_list,
	.metrics = metrics,
	.roles = roles,
	.check = check,
	.run = run_fork,
	.bench = bench_fork,
	.judge = judge_fork,
	.child = child,
};
