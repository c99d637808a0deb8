/*
 * setup.c - what concbench tells the library: CONCBENCH_PRELOAD=FD:PID:INODE:KIND.
 *
 * May be called before any constructor, by one of another library, and from malloc().
 *
 * Edge S: set_up() stores state = READY behind what it found -> who reads READY sees
 * it.
 */
#include "preload/under.h"

#include "core/lock_plug.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NEW, BUSY, READY };

struct under under;
__thread bool under_setting_up;
static atom_u32 state;

void *
under_map(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* True when the descriptor is the record: programs close and reuse numbers. */
static bool
is_record(int fd, unsigned long long inode)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_ino == (ino_t)inode &&
	       st.st_size == (off_t)sizeof(struct preload_shared);
}

static struct preload_shared *
map_record(int fd, int pid, unsigned long long inode)
{
	struct preload_shared *s = MAP_FAILED;
	char path[64];
	int other = -1;

	if (!is_record(fd, inode)) {
		/* The program that started us closed it. */
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
		fd = other = open(path, O_RDWR | O_CLOEXEC);
	}
	if (fd >= 0 && is_record(fd, inode))
		s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (other >= 0)
		close(other);
	if (s == MAP_FAILED)
		return NULL;
	if (s->magic != PRELOAD_MAGIC || s->bytes != sizeof(*s)) {
		munmap(s, sizeof(*s));
		return NULL;
	}
	return s;
}

/* One of ours by its name, or of the user by its file. */
static const struct lock_kind *
find_kind(const char *name)
{
	struct err e;
	int64_t i;

	if (strchr(name, '/') == NULL)
		return lock_kind_find(name);
	return lock_plug_load(name, &i, &e) == 0 ? lock_kind_table[i] : NULL;
}

static void
read_variable(const char *text)
{
	unsigned long long inode = 0;
	char *end;
	long fd, pid;

	fd = strtol(text, &end, 10);
	pid = *end == ':' ? strtol(end + 1, &end, 10) : 0;
	inode = *end == ':' ? strtoull(end + 1, &end, 10) : 0;
	if (*end != ':' || fd < 0 || pid <= 0)
		return;
	under.shared = map_record((int)fd, (int)pid, inode);
	under.kind = find_kind(end + 1);
	under.has_nodes = under.kind != NULL && under.kind->node_bytes > 0;
	under.keeps_nodes =
		under.has_nodes && (under.kind->traits & LOCK_KEEPS_NODES) != 0;
	if (under.shared != NULL && under.kind != NULL)
		atom_add_rlx(&under.shared->loaded, 1);
}

static void
set_up(void)
{
	const char *text = getenv(PRELOAD_ENV);

	under_setting_up = true;
	real();
	if (text != NULL)
		read_variable(text);
	under_setting_up = false;
}

bool
under_ready(void)
{
	uint32_t seen = NEW;

	if (atom_load_acq(&state) == READY) /* S */
		return under.kind != NULL;
	if (under_setting_up)
		return false;
	if (atom_cas_rlx(&state, &seen, BUSY)) {
		set_up();
		atom_store_rel(&state, READY); /* S */
	}
	while (atom_load_acq(&state) != READY) /* S */
		sched_yield();
	return under.kind != NULL;
}

/* So that a program that never uses a mutex is known to have loaded us. */
__attribute__((constructor)) static void
load(void)
{
	under_ready();
}
