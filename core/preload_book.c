/*
 * preload_book.c - our locks under an unmodified program: what was learned.
 *
 * The record is read by pread(), for to look at a hole of the mapping would fill it.
 */
#include "core/elf.h"
#include "core/preload.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads `bytes` at `at` of the record. 0 or -errno. */
static int
fetch(const struct preload *p, size_t at, void *to, size_t bytes)
{
	char *out = to;

	while (bytes > 0) {
		const ssize_t n = pread(p->fd, out, bytes, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		out += n;
		at += (size_t)n;
		bytes -= (size_t)n;
	}
	return 0;
}

static bool
same_site(const struct preload_site *a, const struct preload_site *b)
{
	return a->offset == b->offset && strcmp(a->module, b->module) == 0;
}

/* The row of a place and ordinal; made when new. NULL: no memory. */
static struct preload_row *
row_of(struct preload_book *b, const struct preload_site *site, unsigned ordinal)
{
	struct preload_row *r;

	for (size_t i = 0; i < b->n; i++)
		if (b->row[i].ordinal == ordinal && same_site(&b->row[i].site, site))
			return &b->row[i];
	if (b->n == b->max) {
		const size_t max = b->max == 0 ? 16 : 2 * b->max;

		r = realloc(b->row, max * sizeof(*r));
		if (r == NULL)
			return NULL;
		b->row = r;
		b->max = max;
	}
	r = &b->row[b->n];
	*r = (struct preload_row){ .site = *site,
				   .ordinal = ordinal,
				   .wait = malloc(sizeof(*r->wait)),
				   .hold = malloc(sizeof(*r->hold)) };
	if (r->wait == NULL || r->hold == NULL) {
		free(r->wait);
		free(r->hold);
		return NULL;
	}
	hist_init(r->wait);
	hist_init(r->hold);
	b->n++;
	return r;
}

static int
add_mutex(struct preload_book *b, struct preload_mutex *m, unsigned ordinal)
{
	struct preload_row *r;

	m->site.module[PRELOAD_PATH - 1] = '\0';
	r = row_of(b, &m->site, ordinal);
	if (r == NULL)
		return -ENOMEM;
	r->mutexes++;
	r->type = m->type;
	r->acquired += m->acquired;
	r->contended += m->contended;
	r->wait_ns += m->wait_ns;
	r->cond_waits += m->cond_waits;
	hist_merge(r->wait, &m->wait);
	hist_merge(r->hold, &m->hold);
	return 0;
}

#define MUTEX_AT offsetof(struct preload_process, mutex)

/* One process: its slots, in the order in which they were first used. */
static int
add_process(const struct preload *p, struct preload_book *b, size_t at,
	    struct preload_mutex *m)
{
	struct preload_site *site;
	struct preload_tally t;
	unsigned ordinal;
	uint32_t n;
	int rc = fetch(p, at, &t, sizeof(t));

	if (rc != 0)
		return rc;
	site = calloc(PRELOAD_MUTEXES, sizeof(*site));
	if (site == NULL)
		return -ENOMEM;
	n = atom_load_rlx(&t.nmutexes);
	n = n > PRELOAD_MUTEXES ? PRELOAD_MUTEXES : n;
	b->unlisted += atom_load_rlx(&t.unlisted);
	b->passed_shared += atom_load_rlx(&t.passed_shared);
	b->passed_robust += atom_load_rlx(&t.passed_robust);
	b->passed_priority += atom_load_rlx(&t.passed_priority);
	b->passed_memory += atom_load_rlx(&t.passed_memory);
	b->processes++;
	for (uint32_t i = 0; i < n && rc == 0; i++) {
		rc = fetch(p, at + MUTEX_AT + i * sizeof(*m), m, sizeof(*m));
		if (rc != 0)
			break;
		site[i] = m->site;
		ordinal = 0;
		for (uint32_t k = 0; k < i; k++)
			ordinal += same_site(&site[k], &site[i]);
		rc = add_mutex(b, m, ordinal);
	}
	free(site);
	return rc;
}

#define HEAD_BYTES offsetof(struct preload_shared, process)

int
preload_collect(const struct preload *p, struct preload_book *b, struct err *e)
{
	struct preload_mutex *m = NULL;
	struct preload_shared *head = NULL;
	uint32_t n, listed;
	int rc = 0;

	if (posix_memalign((void **)&m, CACHE_LINE, sizeof(*m)) != 0 ||
	    posix_memalign((void **)&head, CACHE_LINE, HEAD_BYTES) != 0)
		rc = -ENOMEM;
	if (rc == 0)
		rc = fetch(p, 0, head, HEAD_BYTES);
	if (rc == 0) {
		n = atom_load_rlx(&head->nprocesses);
		listed = n > PRELOAD_PROCESSES ? PRELOAD_PROCESSES : n;
		b->runs++;
		b->loaded += atom_load_rlx(&head->loaded);
		b->lost_processes += n - listed;
		if (b->refused == 0)
			b->refused = atom_load_rlx(&head->refused);
		for (uint32_t i = 0; i < listed && rc == 0; i++)
			rc = add_process(
				p, b, HEAD_BYTES + i * sizeof(struct preload_process),
				m);
	}
	free(m);
	free(head);
	return rc == 0 ? 0 : err_set(e, -rc, "cannot read what the program left");
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/*
 * Names of C++ as people write them, where the library that knows how is there: it is
 * where there are C++ programs. Never closed.
 */
static char *
demangle(const char *name)
{
	static char *(*known)(const char *, char *, size_t *, int *);
	static bool asked;
	void *library;
	int status;

	if (strncmp(name, "_Z", 2) != 0)
		return NULL;
	if (!asked) {
		asked = true;
		library = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_LOCAL);
		if (library != NULL)
			*(void **)&known = dlsym(library, "__cxa_demangle");
	}
	return known != NULL ? known(name, NULL, NULL, &status) : NULL;
}

/* "worker+0x1c", or "prog+0x11c9" where no function is known. */
static void
name_row(struct preload_row *r, const struct elf_file *f)
{
	const char *module = base_name(r->site.module);
	char which[24] = "";
	uint64_t offset = 0;
	/* The address is where the call returns to: behind it. */
	const char *function = f != NULL && r->site.offset > 0
				       ? elf_function(f, r->site.offset - 1, &offset)
				       : NULL;
	char *plain = function != NULL ? demangle(function) : NULL;

	if (r->ordinal > 0)
		snprintf(which, sizeof(which), " #%u", r->ordinal + 1);
	if (function != NULL)
		snprintf(r->name, sizeof(r->name), "%.64s+0x%llx (%.40s)%s",
			 plain != NULL ? plain : function,
			 (unsigned long long)offset + 1, module, which);
	else
		snprintf(r->name, sizeof(r->name), "%.90s+0x%llx%s",
			 *module != '\0' ? module : "?",
			 (unsigned long long)r->site.offset, which);
	free(plain);
}

static int
by_module(const void *a, const void *b)
{
	const struct preload_row *x = a, *y = b;

	return strcmp(x->site.module, y->site.module);
}

static int
by_wait(const void *a, const void *b)
{
	const struct preload_row *x = a, *y = b;

	if (x->wait_ns != y->wait_ns)
		return x->wait_ns < y->wait_ns ? 1 : -1;
	if (x->acquired != y->acquired)
		return x->acquired < y->acquired ? 1 : -1;
	return strcmp(x->name, y->name);
}

void
preload_settle(struct preload_book *b)
{
	struct elf_file f = { NULL, 0 };
	bool is_open = false;

	if (b->n == 0)
		return;
	qsort(b->row, b->n, sizeof(*b->row), by_module);
	for (size_t i = 0; i < b->n; i++) {
		if (i == 0 || by_module(&b->row[i], &b->row[i - 1]) != 0) {
			if (is_open)
				elf_close(&f);
			is_open = elf_open(&f, b->row[i].site.module) == 0;
		}
		name_row(&b->row[i], is_open ? &f : NULL);
	}
	if (is_open)
		elf_close(&f);
	qsort(b->row, b->n, sizeof(*b->row), by_wait);
}

void
preload_book_fini(struct preload_book *b)
{
	for (size_t i = 0; i < b->n; i++) {
		free(b->row[i].wait);
		free(b->row[i].hold);
	}
	free(b->row);
	*b = (struct preload_book){ .row = NULL };
}
