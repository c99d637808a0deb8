/*
 * hub_wait.c - what tasks wait for: events, semaphores, queues, descriptors.
 */
#include "core/hub.h"

#include <assert.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

void
hub_event_set(struct hub_event *ev)
{
	ev->is_set = true;
	hub_wake_all(&ev->waiters);
}

int
hub_event_wait(struct hub_event *ev, uint64_t deadline_ns)
{
	int rc = 0;

	while (!ev->is_set && rc == 0)
		rc = hub_wait_in(&ev->waiters, "event", ev->name, deadline_ns);
	return rc;
}

int
hub_semaphore_acquire(struct hub_semaphore *s, uint64_t deadline_ns)
{
	int rc = 0;

	while (s->value == 0 && rc == 0)
		rc = hub_wait_in(&s->waiters, "semaphore", s->name, deadline_ns);
	if (rc == 0)
		s->value--;
	else if (s->value > 0) /* one was woken for it, and it was we */
		hub_wake_one(&s->waiters);
	return rc;
}

void
hub_semaphore_release(struct hub_semaphore *s)
{
	s->value++;
	hub_wake_one(&s->waiters);
}

int
hub_queue_put(struct hub_queue *q, intptr_t item, uint64_t deadline_ns)
{
	int rc = 0;

	while (q->n == q->capacity && rc == 0)
		rc = hub_wait_in(&q->putters, "queue", q->name, deadline_ns);
	if (rc == 0) {
		q->ring[(q->first + q->n++) % q->capacity] = item;
		hub_wake_one(&q->getters);
	} else if (q->n < q->capacity) {
		hub_wake_one(&q->putters);
	}
	return rc;
}

int
hub_queue_get(struct hub_queue *q, intptr_t *item, uint64_t deadline_ns)
{
	int rc = 0;

	while (q->n == 0 && rc == 0)
		rc = hub_wait_in(&q->getters, "queue", q->name, deadline_ns);
	if (rc == 0) {
		*item = q->ring[q->first];
		q->first = (q->first + 1) % q->capacity;
		q->n--;
		hub_wake_one(&q->putters);
	} else if (q->n > 0) {
		hub_wake_one(&q->getters);
	}
	return rc;
}

int
hub_fd_open(struct hub *h, struct hub_fd *f, int fd, struct err *e)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
				  .data.ptr = f };

	*f = (struct hub_fd){ .hub = h, .fd = fd };
	if (epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0)
		return err_set(e, errno, "cannot watch a descriptor");
	h->nfds++;
	return 0;
}

void
hub_fd_close(struct hub_fd *f)
{
	if (f->hub == NULL)
		return;
	assert(f->waiters[0].first == NULL && f->waiters[1].first == NULL);
	epoll_ctl(f->hub->epoll_fd, EPOLL_CTL_DEL, f->fd, NULL);
	f->hub->nfds--;
	f->hub = NULL;
}

int
hub_fd_wait(struct hub_fd *f, enum hub_ready what, uint64_t deadline_ns)
{
	int rc = 0;

	if (!f->is_ready[what]) {
		f->hub->nwaits++;
		rc = hub_wait_in(&f->waiters[what],
				 what == HUB_READ ? "input" : "output", NULL,
				 deadline_ns);
		f->hub->nwaits--;
	}
	if (rc == 0)
		f->is_ready[what] = false;
	return rc;
}

ssize_t
hub_recv(struct hub_fd *f, void *buf, size_t n, uint64_t deadline_ns)
{
	for (;;) {
		const ssize_t got = recv(f->fd, buf, n, MSG_DONTWAIT);
		int rc;

		if (got >= 0 || (errno != EAGAIN && errno != EINTR))
			return got >= 0 ? got : -errno;
		rc = errno == EINTR ? 0 : hub_fd_wait(f, HUB_READ, deadline_ns);
		if (rc != 0)
			return rc;
	}
}

ssize_t
hub_send(struct hub_fd *f, const void *buf, size_t n, uint64_t deadline_ns)
{
	size_t sent = 0;

	while (sent < n) {
		const ssize_t got = send(f->fd, (const char *)buf + sent, n - sent,
					 MSG_DONTWAIT | MSG_NOSIGNAL);
		int rc = 0;

		if (got >= 0)
			sent += (size_t)got;
		else if (errno == EAGAIN)
			rc = hub_fd_wait(f, HUB_WRITE, deadline_ns);
		else if (errno != EINTR)
			return -errno;
		if (rc != 0)
			return rc;
	}
	return (ssize_t)n;
}
