/*
 * watch.c - how the owner of a run waits.
 */
#include "core/watch.h"

#include "core/clock.h"

#include <errno.h>
#include <poll.h>

int
watch_fd(struct trace *t, const struct stop *s, int fd, uint64_t deadline_ns)
{
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN },
			       { .fd = s == NULL ? -1 : s->fd, .events = POLLIN } };
	const bool live = t != NULL && t->live_ns > 0;
	uint64_t wake_ns;

	for (;;) {
		wake_ns = deadline_ns;
		if (live && clock_deadline_ns(t->live_ns) < wake_ns)
			wake_ns = clock_deadline_ns(t->live_ns);
		if (poll(p, 2, clock_poll_ms(wake_ns)) < 0) {
			if (errno != EINTR)
				return -errno;
			p[0].revents = 0;
		}
		if (live)
			trace_pump(t, false);
		if (p[0].revents != 0)
			return 1;
		if (stop_reason(s) != STOP_NONE)
			return -ECANCELED;
		if (clock_ns() >= deadline_ns)
			return -ETIMEDOUT;
	}
}
