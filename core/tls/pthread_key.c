/*
 * pthread_key.c - keys of POSIX threads, with destructors.
 *
 * POSIX leaves the order of destructors open; glibc and musl call them in the order in
 * which the keys were made.
 */
#include "core/tls.h"

static int
pthread_key_open(struct tls *t, struct err *e)
{
	for (int slot = 0; slot < TLS_SLOTS; slot++) {
		int code = pthread_key_create(&t->key[slot], t->destructor[slot]);

		if (code != 0)
			return err_set(e, code, "cannot make a key of pthreads");
		t->nslots++;
	}
	return 0;
}

static void *
pthread_key_get(struct tls *t, int slot)
{
	return pthread_getspecific(t->key[slot]);
}

static int
pthread_key_set(struct tls *t, int slot, void *value)
{
	return -pthread_setspecific(t->key[slot], value);
}

static void
pthread_key_close(struct tls *t)
{
	for (int slot = 0; slot < t->nslots; slot++)
		pthread_key_delete(t->key[slot]);
}

TLS_DEFINE(pthread_key,
	   .kind.summary = "pthread_getspecific, with destructors of POSIX threads",
	   .traits = TLS_LOCAL | TLS_DESTRUCTORS);
