/*
 * tls.c - what all kinds of thread-local storage share.
 */
#include "core/tls.h"

#include <string.h>

const struct tls_kind *
tls_kind_find(const char *name)
{
	for (int i = 0; tls_kind_table[i] != NULL; i++)
		if (strcmp(tls_kind_table[i]->kind.name, name) == 0)
			return tls_kind_table[i];
	return NULL;
}

int
tls_open(struct tls *t, const struct tls_kind *kind,
	 tls_destructor *const destructor[TLS_SLOTS], struct err *e)
{
	int rc;

	*t = (struct tls){ .kind = kind };
	memcpy(t->destructor, destructor, TLS_SLOTS * sizeof(*destructor));
	rc = kind->open(t, e);
	if (rc != 0)
		tls_close(t);
	return rc;
}

void
tls_close(struct tls *t)
{
	if (t->kind != NULL)
		t->kind->close(t);
	*t = (struct tls){ .kind = NULL };
}

void
tls_leave_by_hand(struct tls *t)
{
	for (int slot = 0; slot < TLS_SLOTS; slot++) {
		void *value = t->kind->get(t, slot);

		if (value == NULL)
			continue;
		t->kind->set(t, slot, NULL);
		if (t->destructor[slot] != NULL)
			t->destructor[slot](value);
	}
}
