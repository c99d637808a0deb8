/*
 * ping.c - what a request and its answer cost over sockets alone: the floor under
 * `concbench dist`, whose worker gives a result and takes a task by one such exchange.
 *
 * Usage: ping tcp|unix sleep|look CLIENTS EXCHANGES
 * CLIENTS processes send REQUEST bytes each and wait for ANSWER bytes, one exchange at
 * a time; one server with epoll. All sleep until something comes, or look for 50 us
 * first and give way between two looks. Prints exchanges a second.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <signal.h>

enum { REQUEST = 90, ANSWER = 40, ROOM = 128, EVENTS = 64 };

static bool looks, local;

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static void __attribute__((noreturn)) die(const char *what)
{
	perror(what);
	_exit(1);
}

static int
new_socket(void)
{
	const int fd = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("ping: socket");
	return fd;
}

static void
no_delay(int fd)
{
	static const int on = 1;

	if (!local && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
		die("ping: setsockopt");
}

static ssize_t
receive(int fd, void *to)
{
	const double end_us = now_us() + 50;

	while (looks && now_us() < end_us) {
		const ssize_t n = recv(fd, to, ROOM, MSG_DONTWAIT);

		if (n >= 0)
			return n;
		sched_yield();
	}
	return recv(fd, to, ROOM, 0);
}

static void __attribute__((noreturn))
client(const struct sockaddr *at, socklen_t bytes, long exchanges)
{
	const int fd = new_socket();
	char room[ROOM] = "";

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (connect(fd, at, bytes) != 0)
		die("ping: connect");
	no_delay(fd);
	for (long i = 0; i < exchanges; i++)
		if (send(fd, room, REQUEST, 0) != REQUEST ||
		    receive(fd, room) != ANSWER)
			die("ping: client");
	_exit(0);
}

static int
wait_events(int epoll, struct epoll_event *ev)
{
	const double end_us = now_us() + 50;

	while (looks && now_us() < end_us) {
		const int n = epoll_wait(epoll, ev, EVENTS, 0);

		if (n != 0)
			return n;
		sched_yield();
	}
	return epoll_wait(epoll, ev, EVENTS, -1);
}

/* Serves until all have gone. */
static void
serve(int epoll, int clients)
{
	struct epoll_event ev[EVENTS];
	char room[ROOM] = "";

	while (clients > 0) {
		const int n = wait_events(epoll, ev);

		for (int i = 0; i < n; i++) {
			const int fd = ev[i].data.fd;

			if (recv(fd, room, ROOM, 0) == REQUEST) {
				if (send(fd, room, ANSWER, MSG_NOSIGNAL) != ANSWER)
					die("ping: server");
			} else {
				close(fd);
				clients--;
			}
		}
	}
}

int
main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_storage bound = { .ss_family = AF_UNSPEC };
	socklen_t bytes = sizeof(bound);
	const int clients = argc == 5 ? (int)strtol(argv[3], NULL, 10) : 0;
	const long each = clients > 0 ? strtol(argv[4], NULL, 10) / clients : 0;
	const int epoll = epoll_create1(EPOLL_CLOEXEC);
	int listener, status, rc = 0;
	double begin_us;

	if (each <= 0 || clients > EVENTS) {
		fputs("usage: ping tcp|unix sleep|look CLIENTS EXCHANGES\n", stderr);
		return 2;
	}
	local = strcmp(argv[1], "unix") == 0;
	looks = strcmp(argv[2], "look") == 0;
	listener = new_socket();
	/* Without a name a socket of the Unix domain gets one of its own. */
	if (bind(listener,
		 local ? &(struct sockaddr){ .sa_family = AF_UNIX }
		       : (const struct sockaddr *)&at,
		 local ? sizeof(sa_family_t) : sizeof(at)) != 0 ||
	    listen(listener, EVENTS) != 0 ||
	    getsockname(listener, (struct sockaddr *)&bound, &bytes) != 0)
		die("ping: listen");
	for (int i = 0; i < clients; i++)
		if (fork() == 0)
			client((const struct sockaddr *)&bound, bytes, each);
	for (int i = 0; i < clients; i++) {
		struct epoll_event ev = { .events = EPOLLIN };

		ev.data.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (ev.data.fd < 0 ||
		    epoll_ctl(epoll, EPOLL_CTL_ADD, ev.data.fd, &ev) != 0)
			die("ping: accept");
		no_delay(ev.data.fd);
	}
	begin_us = now_us();
	serve(epoll, clients);
	printf("%.0f\n", (double)(each * clients) / (now_us() - begin_us) * 1e6);
	while (wait(&status) > 0)
		rc |= status != 0;
	return rc;
}
