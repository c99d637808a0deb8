/*
 * test_tls - each thread has its own values; destructors; the control is caught.
 */
#include "core/tls.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 64 };

struct room {
	struct tls tls;
	atom_i32 bound;
	atom_i32 strange;
};

struct guest {
	struct room *room;
	int slot_value[TLS_SLOTS];
	bool early, gone_after;
};

static _Thread_local int order[TLS_SLOTS], norder;
static atom_i32 destroyed, out_of_order;

static void
destroy_first(void *value)
{
	(void)value;
	atom_add_rlx(&destroyed, 1);
	if (norder != 0)
		atom_add_rlx(&out_of_order, 1);
	order[norder++ % TLS_SLOTS] = 0;
}

static void
destroy_second(void *value)
{
	(void)value;
	atom_add_rlx(&destroyed, 1);
	if (norder != 1)
		atom_add_rlx(&out_of_order, 1);
	order[norder++ % TLS_SLOTS] = 1;
}

static tls_destructor *const destructors[TLS_SLOTS] = { destroy_first, destroy_second };

static void *
stay(void *arg)
{
	struct guest *g = arg;
	struct tls *t = &g->room->tls;

	for (int slot = 0; slot < TLS_SLOTS; slot++) {
		g->early |= t->kind->get(t, slot) != NULL;
		cr_assert_eq(t->kind->set(t, slot, &g->slot_value[slot]), 0);
	}
	atom_add_rlx(&g->room->bound, 1);
	while (atom_load_rlx(&g->room->bound) < THREADS)
		sched_yield();
	for (int slot = 0; slot < TLS_SLOTS; slot++)
		if (t->kind->get(t, slot) != &g->slot_value[slot])
			atom_add_rlx(&g->room->strange, 1);
	if (t->kind->leave != NULL)
		t->kind->leave(t);
	if (t->kind->leave != NULL && t->kind->get(t, 0) == NULL)
		g->gone_after = true;
	return NULL;
}

/* All threads bind, then look. */
static void
fill(struct room *r, struct guest *guest, const struct tls_kind *kind)
{
	pthread_t thread[THREADS];
	struct err e = { 0 };

	memset(r, 0, sizeof(*r));
	atom_store_rlx(&destroyed, 0);
	atom_store_rlx(&out_of_order, 0);
	cr_assert_eq(tls_open(&r->tls, kind, destructors, &e), 0, "%s", e.msg);
	for (int i = 0; i < THREADS; i++) {
		guest[i] = (struct guest){ .room = r };
		cr_assert_eq(pthread_create(&thread[i], NULL, stay, &guest[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	tls_close(&r->tls);
}

Test(tls, each_thread_has_its_own_values, .timeout = 60)
{
	struct guest guest[THREADS];
	struct room r;

	for (int i = 0; tls_kind_table[i] != NULL; i++) {
		const struct tls_kind *k = tls_kind_table[i];

		if (!(k->traits & TLS_LOCAL))
			continue;
		/* Twice, for places that are used again. */
		for (int round = 0; round < 2; round++) {
			fill(&r, guest, k);
			cr_assert_eq(atom_load_rlx(&r.strange), 0, "%s", k->kind.name);
			for (int g = 0; g < THREADS; g++)
				cr_assert_not(guest[g].early, "%s", k->kind.name);
		}
	}
}

Test(tls, destructors_run_once_in_order, .timeout = 60)
{
	struct guest guest[THREADS];
	struct room r;

	for (int i = 0; tls_kind_table[i] != NULL; i++) {
		const struct tls_kind *k = tls_kind_table[i];

		if (!(k->traits & TLS_LOCAL))
			continue;
		fill(&r, guest, k);
		cr_assert_eq(atom_load_rlx(&destroyed), THREADS * TLS_SLOTS, "%s: %d",
			     k->kind.name, atom_load_rlx(&destroyed));
		cr_assert_eq(atom_load_rlx(&out_of_order), 0, "%s", k->kind.name);
		for (int g = 0; g < THREADS; g++)
			cr_assert_eq(guest[g].gone_after,
				     (k->traits & TLS_DESTRUCTORS) == 0, "%s",
				     k->kind.name);
	}
}

/* The control: after all have bound, only the last one finds its own. */
Test(tls, a_global_is_caught, .timeout = 60)
{
	struct guest guest[THREADS];
	struct room r;

	fill(&r, guest, tls_kind_find("global"));
	cr_assert_eq(atom_load_rlx(&r.strange), TLS_SLOTS * (THREADS - 1));
	cr_assert_eq(atom_load_rlx(&destroyed), 0);
}

Test(tls, the_drivers_use_slot_0)
{
	static tls_destructor *const none[TLS_SLOTS];
	int value = 0;

	for (int i = 0; tls_kind_table[i] != NULL; i++) {
		const struct tls_kind *k = tls_kind_table[i];
		struct tls t;
		struct tls_run run = { .tls = &t, .rounds = 1000, .value = &value };
		struct err e;

		cr_assert_eq(tls_open(&t, k, none, &e), 0);
		cr_assert_null(k->get(&t, 0), "%s", k->kind.name);
		k->drive_set(&run);
		k->drive_get(&run);
		cr_assert_eq(k->get(&t, 0), &value, "%s", k->kind.name);
		cr_assert_null(k->get(&t, 1), "%s", k->kind.name);
		k->set(&t, 0, NULL);
		if (k->leave != NULL)
			k->leave(&t);
		tls_close(&t);
	}
}

Test(tls, a_zeroed_object_may_be_closed)
{
	struct tls t = { .kind = NULL };

	tls_close(&t);
	cr_assert_null(tls_kind_find("nosuch"));
}
