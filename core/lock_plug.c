/*
 * lock_plug.c - locks that are loaded from a file of the user.
 */
#include "core/lock_plug.h"

#include "include/concbench_lock.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYMBOL "concbench_lock_of_library"

/* What a library's loop sees of ours. */
#define SAME_PLACE(theirs, ours)                                                       \
	_Static_assert(offsetof(struct concbench_section, theirs) ==                   \
			       offsetof(struct lock_section, ours),                    \
		       "the section as libraries know it; else raise the version")
SAME_PLACE(value, value);
SAME_PLACE(words, words);
SAME_PLACE(handovers, handovers);
SAME_PLACE(streak, streak);
SAME_PLACE(longest, longest);
SAME_PLACE(last, last);
_Static_assert(CONCBENCH_LOCK_STATE_MAX <= LOCK_STATE_BYTES, "room for the state");
_Static_assert(CONCBENCH_LOCK_NODE_MAX <= LOCK_NODE_BYTES, "room for the node");

struct plug {
	struct lock_kind kind;
	const struct concbench_lock *lock;
	char *path, *name;
};

#ifndef LOCK_WITHOUT_LOOPS

/* A loop that runs, as our hooks see it. */
struct host {
	struct lock_run *run;
	struct lock_place one;
	const struct lock_place *place;
	bool sampled;
};

static int
on_next(struct concbench_lock_run *x)
{
	struct host *h = x->host;
	struct lock_run *r = h->run;
	int depth = 1;

	if (r->mix != NULL) {
		lock_mix_next(r->mix);
		h->place = r->mix->place;
		depth = r->mix->depth;
		for (int i = 0; i < depth; i++)
			x->place[i] = (struct concbench_place){
				h->place[i].state, h->place[i].node,
				(struct concbench_section *)(void *)h->place[i].section
			};
	}
	h->sampled = r->sampler != NULL && lock_sample_ask(r->sampler, h->place);
	return depth;
}

static void
on_came(struct concbench_lock_run *x, int i)
{
	struct host *h = x->host;

	if (h->run->sampler != NULL)
		lock_sample_turn(h->run->sampler, h->place[i].section);
}

static void
on_within(struct concbench_lock_run *x)
{
	struct host *h = x->host;
	const struct lock_run *r = h->run;

	if (h->sampled)
		lock_sample_got(r->sampler, h->place);
	if (r->mix != NULL)
		lock_mix_hold(r->mix, h->place, false);
	else
		lock_idle(r->hold);
}

static void
on_leaves(struct concbench_lock_run *x, int i)
{
	struct host *h = x->host;

	if (h->run->sampler != NULL)
		lock_sample_leave(h->run->sampler, h->place[i].section);
}

static void
on_between(struct concbench_lock_run *x)
{
	const struct host *h = x->host;

	if (h->run->mix != NULL)
		lock_mix_think(h->run->mix, h->run->stop);
	else
		lock_idle(h->run->outside);
}

_Static_assert(LOCK_NEST_MAX <= 8, "places of a library's run");

static void
drive(struct lock_run *r)
{
	static const struct concbench_hooks hooks = { on_next, on_came, on_within,
						      on_leaves, on_between };
	const struct plug *p = (const struct plug *)(const void *)r->kind;
	struct host host = { .run = r, .one = { r->state, r->node, r->section, NULL } };
	struct concbench_lock_run x = {
		.size = sizeof(x),
		.place = { { r->state, r->node,
			     (struct concbench_section *)(void *)r->section } },
		.self = r->self,
		.rounds = r->rounds,
		.delta = r->delta,
		.hold = r->hold,
		.outside = r->outside,
		.stop = (const uint32_t *)(const void *)r->stop,
		.hooks = r->mix != NULL || r->sampler != NULL ? &hooks : NULL,
		.host = &host,
	};

	host.place = &host.one;
	p->lock->drive(&x);
	r->done = x.done;
	r->error = x.error;
}

#else
static void
drive(struct lock_run *r)
{
	(void)r;
}
#endif

/* What is wrong with the library, in e; 0: nothing. */
static int
check(const char *path, const struct concbench_lock *l, struct err *e)
{
	if (l->version != CONCBENCH_LOCK_VERSION) {
		err_set(e, EINVAL,
			"'%.100s' was built for version %u of concbench_lock.h, this "
			"is version %d",
			path, l->version, CONCBENCH_LOCK_VERSION);
		err_hint(e, "build it again with the header that came with this "
			    "program");
		return -EINVAL;
	}
	if (l->size < sizeof(*l))
		return err_set(e, EINVAL,
			       "'%.100s': its struct concbench_lock is %u bytes, of "
			       "%zu",
			       path, l->size, sizeof(*l));
	if (l->name == NULL || *l->name == '\0' || l->name[strcspn(l->name, ", \t\n/")])
		return err_set(e, EINVAL,
			       "'%.100s': the name of a lock is a word without commas "
			       "and slashes",
			       path);
	if (l->init == NULL || l->acquire == NULL || l->release == NULL ||
	    l->drive == NULL)
		return err_set(e, EINVAL,
			       "'%.100s' lacks init, acquire, release or its loop",
			       path);
	if (l->state_bytes > CONCBENCH_LOCK_STATE_MAX)
		return err_set(e, EINVAL,
			       "'%.100s' needs %zu bytes for a lock, there are %d",
			       path, l->state_bytes, CONCBENCH_LOCK_STATE_MAX);
	if (l->node_bytes > CONCBENCH_LOCK_NODE_MAX)
		return err_set(e, EINVAL,
			       "'%.100s' needs %zu bytes for a node, there are %d",
			       path, l->node_bytes, CONCBENCH_LOCK_NODE_MAX);
	return 0;
}

/* Opens the library: what it shows, or NULL with e filled. */
static const struct concbench_lock *
open_library(const char *path, struct err *e)
{
	const size_t n = strlen(path);
	const struct concbench_lock *l;
	const char *why;
	void *library;

	if (access(path, R_OK) != 0) {
		err_set(e, EINVAL, "'%.100s' cannot be read: %s", path,
			strerror(errno));
		return NULL;
	}
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (library == NULL) {
		why = dlerror();
		if (strncmp(why, path, n) == 0 && why[n] == ':')
			why += n + 2;
		err_set(e, EINVAL, "'%.100s' is no library: %.100s", path, why);
		return NULL;
	}
	l = dlsym(library, SYMBOL);
	if (l == NULL) {
		err_set(e, EINVAL, "'%.100s' shows no lock", path);
		err_hint(e, "CONCBENCH_LOCK_DEFINE() of concbench_lock.h shows one");
	}
	if (l == NULL || check(path, l, e) != 0) {
		dlclose(library);
		return NULL;
	}
	return l;
}

static unsigned
traits_of(const struct concbench_lock *l)
{
	return LOCK_EXCLUDES | (l->traits & CONCBENCH_LOCK_FAIR ? LOCK_FAIR : 0) |
	       (l->traits & CONCBENCH_LOCK_PARKS ? LOCK_PARKS : 0) |
	       (l->traits & CONCBENCH_LOCK_SHARED ? LOCK_SHARED : 0);
}

/* Puts it behind the built-in ones, at `index`. 0 or -ENOMEM. */
static int
enter(const char *path, const struct concbench_lock *l, int64_t index, struct err *e)
{
	struct plug *p = calloc(1, sizeof(*p));

	/* Beside one of ours of the same name it is "mcs.so". */
	if (p == NULL || (p->path = strdup(path)) == NULL ||
	    asprintf(&p->name, "%s%s", l->name,
		     lock_kind_find(l->name) != NULL ? ".so" : "") < 0) {
		if (p != NULL)
			free(p->path);
		free(p);
		return err_set(e, ENOMEM, "no memory for '%.100s'", path);
	}
	p->lock = l;
	p->kind = (struct lock_kind){
		.kind = { .name = p->name,
			  .summary = l->summary != NULL ? l->summary : "",
			  .file = p->path },
		.origin = l->origin != NULL ? l->origin : "",
		.traits = traits_of(l),
		.node_bytes = l->node_bytes,
		.init = l->init,
		.acquire = l->acquire,
		.try_acquire = l->try_acquire,
		.release = l->release,
		.destroy = l->destroy,
		.drive = drive,
	};
	lock_kind_table[index] = &p->kind;
	lock_kind_list[index] = &p->kind.kind;
	return 0;
}

int
lock_plug_load(const char *path, int64_t *index, struct err *e)
{
	const struct concbench_lock *l = open_library(path, e);
	int64_t first = 0, i;

	if (l == NULL)
		return -EINVAL;
	while (lock_kind_table[first] != NULL)
		first++;
	first++;
	for (i = first; i < first + lock_kind_room; i++) {
		const struct lock_kind *k = lock_kind_table[i];

		*index = i;
		if (k == NULL)
			return enter(path, l, i, e);
		if (((const struct plug *)(const void *)k)->lock == l)
			return 0;
	}
	return err_set(e, EINVAL, "more than %d files of locks", lock_kind_room);
}
