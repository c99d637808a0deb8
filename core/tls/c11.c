/*
 * c11.c - tss_t of C11: POSIX keys under another name.
 */
#include "core/tls.h"

#include <errno.h>

static int
c11_open(struct tls *t, struct err *e)
{
	for (int slot = 0; slot < TLS_SLOTS; slot++) {
		if (tss_create(&t->tss[slot], t->destructor[slot]) != thrd_success)
			return err_set(e, EAGAIN, "cannot make a key of C11");
		t->nslots++;
	}
	return 0;
}

static void *
c11_get(struct tls *t, int slot)
{
	return tss_get(t->tss[slot]);
}

static int
c11_set(struct tls *t, int slot, void *value)
{
	return tss_set(t->tss[slot], value) == thrd_success ? 0 : -ENOMEM;
}

static void
c11_close(struct tls *t)
{
	for (int slot = 0; slot < t->nslots; slot++)
		tss_delete(t->tss[slot]);
}

TLS_DEFINE(c11, .kind.summary = "tss_get of C11, with destructors",
	   .traits = TLS_LOCAL | TLS_DESTRUCTORS);
