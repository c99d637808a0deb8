/*
 * family.c - a tree of processes.
 *
 * A process makes its children one after the other, then waits for each in the same
 * order. A PID that was not reaped cannot be given to a stranger, so nothing but the
 * PIDs is kept; the root opens a pidfd for the one child it waits for. A stop sets
 * the cancel word: no process makes more children, pauses end, and the tree unwinds
 * from its leaves, each child reaped by its own parent.
 */
#include "core/family.h"

#include "core/clock.h"
#include "core/family_node.h"
#include "core/family_story.h"
#include "core/proc.h"
#include "core/sys.h"
#include "core/watch.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a cancelled tree may take to unwind before it is killed. */
#define GRACE_NS (2 * NS_PER_S)

/* How often to look for the end of a child that no descriptor tells of. */
#define LOOK_NS (10 * NS_PER_MS)

int64_t
family_size(int64_t n, int64_t depth, int64_t max)
{
	int64_t level = 1, total = 0, i;

	for (i = 0; i < depth; i++) {
		if (n > 0 && level > max / n)
			return max + 1;
		level *= n;
		total += level;
		if (total > max)
			return max + 1;
	}
	return total;
}

static size_t
map_bytes(int total)
{
	return sizeof(struct family_shared) +
	       ((size_t)total + 1) * sizeof(struct family_slot);
}

int
family_init(struct family *f, int n, int depth, struct err *e)
{
	void *map = MAP_FAILED;
	int code = 0;

	memset(f, 0, sizeof(*f));
	f->total = (int)family_size(n, depth, INT_MAX - 1);
	f->bytes = map_bytes(f->total);
	f->fd = memfd_create("concbench-family", MFD_CLOEXEC);
	if (f->fd < 0)
		return err_set(e, errno, "cannot make shared memory");
	if (ftruncate(f->fd, (off_t)f->bytes) == 0)
		map = mmap(NULL, f->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd,
			   0);
	if (map == MAP_FAILED) {
		code = errno;
		close(f->fd);
		return err_set(e, code, "cannot map %zu bytes of shared memory",
			       f->bytes);
	}
	f->shared = map;
	f->shared->n = n;
	f->shared->depth = depth;
	return 0;
}

void
family_fini(struct family *f)
{
	if (f->shared == NULL)
		return;
	munmap(f->shared, f->bytes);
	close(f->fd);
	f->shared = NULL;
}

/* True when the child has ended; it stays to be reaped. */
static bool
has_ended(pid_t pid)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
	       info.si_pid == pid;
}

/*
 * The root waits for a child, shows events, hears the stop. Without a pidfd (none
 * left, or a kernel that has none) it looks every LOOK_NS.
 */
static void
wait_child_watching(struct family *f, struct family_slot *slot, uint64_t *deadline_ns)
{
	const pid_t pid = atom_load_rlx(&slot->created);
	const int pidfd = proc_open(pid, NULL);
	uint64_t wake_ns;
	int rc;

	while (!has_ended(pid)) {
		wake_ns = *deadline_ns;
		if (pidfd < 0 && clock_deadline_ns(LOOK_NS) < wake_ns)
			wake_ns = clock_deadline_ns(LOOK_NS);
		rc = watch_fd(f->trace, *deadline_ns == UINT64_MAX ? f->stop : NULL,
			      pidfd, wake_ns);
		if (rc == -ECANCELED) {
			family_cancel(f);
			*deadline_ns = clock_deadline_ns(GRACE_NS);
		} else if (clock_ns() >= *deadline_ns) {
			/* Not reaped, so the PID is still its own. */
			kill(pid, SIGKILL);
			break;
		}
	}
	if (pidfd >= 0)
		close(pidfd);
	family_wait_child(slot);
}

static void
wait_children_watching(struct family *f)
{
	struct family_shared *s = f->shared;
	uint64_t deadline_ns = UINT64_MAX;
	int i;

	story_wait(true);
	for (i = 1; i <= s->n; i++)
		if (atom_load_rlx(&s->slot[i].created) != 0)
			wait_child_watching(f, &s->slot[i], &deadline_ns);
	story_wait(false);
}

/* Notes the end of an orphan, also of one that its parent could not note any more. */
static void
note_orphan(struct family *f, const siginfo_t *info)
{
	int i;

	for (i = 1; i <= f->total; i++) {
		struct family_slot *slot = &f->shared->slot[i];
		const pid_t created = atom_load_rlx(&slot->created);

		if (atom_load_rlx(&slot->reaped) != 0 ||
		    (created != 0 ? created : atom_load_rlx(&slot->pid)) !=
			    info->si_pid)
			continue;
		if (created == 0) {
			atom_store_rlx(&slot->created, info->si_pid);
			atom_add_rlx(&f->shared->created, 1);
		}
		f->orphans++;
		family_note_exit(slot, info->si_code == CLD_EXITED ? info->si_status
								   : -info->si_status);
	}
}

/* Reaps those whose parent was killed: they were killed with it, and given to us. */
static void
reap_orphans(struct family *f)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	for (;;)
		if (waitid(P_ALL, 0, &info, WEXITED) == 0)
			note_orphan(f, &info);
		else if (errno != EINTR)
			return;
}

static void
reset(struct family *f)
{
	struct family_shared *s = f->shared;
	int i;

	memset((void *)s->slot, 0, ((size_t)f->total + 1) * sizeof(s->slot[0]));
	for (i = 1; i <= f->total; i++)
		s->slot[i].cpu = sys_pin_cpu(f->pin, i - 1);
	s->role0 = f->role0;
	s->pause_ns = f->pause_ns;
	s->share = f->share;
	for (i = 0; fork_kind_table[i] != NULL; i++)
		if (fork_kind_table[i] == f->kind)
			s->kind = i;
	atom_store_rlx(&s->cancel, 0);
	atom_store_rlx(&s->failed, 0);
	atom_store_rlx(&s->created, 0);
	atom_store_rlx(&s->shared_variable, 0);
	atom_store_rlx(&s->slot[0].pid, getpid());
	f->orphans = 0;
	family_set_private(FAMILY_BEFORE);
}

int
family_run(struct family *f, struct err *e)
{
	struct node root = { .f = f, .number = 0 };
	int code;

	reset(f);
	story_start();
	if (f->shared->depth > 1)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	family_make_children(&root);
	wait_children_watching(f);
	if (f->shared->depth > 1) {
		reap_orphans(f);
		prctl(PR_SET_CHILD_SUBREAPER, 0);
	}
	code = atom_load_rlx(&f->shared->failed);
	if (code != 0)
		return proc_refused(e, code,
				    "%s() failed after %d of %d child processes, which "
				    "were reaped",
				    f->kind->kind.name,
				    atom_load_rlx(&f->shared->created), f->total);
	return stop_reason(f->stop) != STOP_NONE ? -ECANCELED : 0;
}

/* Reads the words that make_child() wrote: descriptors of memory and trace, number,
 * parent. */
static bool
read_words(int argc, char **argv, int word[4])
{
	char *end;
	int i;

	if (argc != 4)
		return false;
	for (i = 0; i < 4; i++) {
		word[i] = (int)strtol(argv[i], &end, 10);
		if (end == argv[i] || *end != '\0')
			return false;
	}
	return word[0] >= 0;
}

/* Maps the memory of the tree. Returns 0 or -errno. */
static int
attach(struct family *f, int number)
{
	const off_t size = lseek(f->fd, 0, SEEK_END);
	void *map;

	if (size < (off_t)sizeof(*f->shared))
		return size < 0 ? -errno : -EINVAL;
	map = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	f->shared = map;
	f->bytes = (size_t)size;
	f->total = (int)family_size(f->shared->n, f->shared->depth, INT_MAX - 1);
	f->kind = fork_kind_table[f->shared->kind];
	if (f->bytes != map_bytes(f->total) || number <= 0 || number > f->total)
		return -EINVAL;
	return 0;
}

int
family_exec(const char *self, const char *const *self_words, int argc, char **argv)
{
	struct trace t = { .fd = -1 };
	struct family f = { .trace = &t, .self = self, .self_words = self_words };
	struct node me = { .f = &f };
	int word[4], rc;

	if (!read_words(argc, argv, word))
		return EINVAL;
	proc_settle(PROC_DIES_WITH_PARENT | PROC_IGNORES_SIGINT, word[3]);
	f.fd = word[0];
	me.number = word[2];
	rc = proc_set_cloexec(f.fd, true);
	if (rc == 0)
		rc = attach(&f, me.number);
	if (rc != 0 || f.shared == NULL)
		return -rc;
	if (word[1] >= 0)
		rc = trace_attach(&t, word[1], f.shared->role0 + me.number, NULL);
	return rc != 0 ? -rc : family_body(&me);
}
