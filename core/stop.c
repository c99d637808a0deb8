/*
 * stop.c - one request to stop a run.
 */
#include "core/stop.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

int
stop_init(struct stop *s, struct err *e)
{
	atom_store_rlx(&s->reason, STOP_NONE);
	s->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->fd < 0)
		return err_set(e, errno, "cannot make the stop event");
	return 0;
}

void
stop_fini(struct stop *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

void
stop_request(struct stop *s, int reason)
{
	const uint64_t one = 1;
	int32_t none = STOP_NONE;
	int saved = errno;

	if (atom_cas_rlx(&s->reason, &none, reason)) {
		/* It cannot be full after one write; nothing to do if it were. */
		ssize_t n = write(s->fd, &one, sizeof(one));

		(void)n;
	}
	errno = saved;
}

int
stop_reason(const struct stop *s)
{
	return s == NULL ? STOP_NONE : atom_load_rlx(&s->reason);
}
