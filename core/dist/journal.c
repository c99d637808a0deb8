/*
 * journal.c - the tasks and results of a run on disk.
 *
 * The file: "concbench-dist 1 RUN\n", then records:
 *
 *   length[4] crc[4] kind[1] body[length]    crc: CRC-32 of kind and body
 *   'T'  payload of the task with the next number
 *   'R'  number[8] attempt[4] status[4] who-length[1] who payload
 *   'D'  the same for a task that was given up
 *   'A'  number[8] attempt[4]: came back after so many attempts
 *
 * Numbers are little-endian.
 */
#include "core/dist/journal.h"

#include "core/dist/ledger.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "concbench-dist 1 "

enum { HEADER = 9, RESULT_FIXED = 17, ATTEMPT_FIXED = 12, READ_BYTES = 1 << 20 };

/* CRC-32 of IEEE 802.3, four bits at a time. */
static uint32_t
crc32_add(uint32_t crc, const uint8_t *p, size_t n)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};

	for (crc = ~crc; n > 0; n--, p++) {
		crc = table[(crc ^ *p) & 15] ^ crc >> 4;
		crc = table[(crc ^ *p >> 4) & 15] ^ crc >> 4;
	}
	return ~crc;
}

/* --- adding ---------------------------------------------------------------- */

static void
add_record(struct journal *j, char kind, const void *head, size_t nhead,
	   const char *who, const void *body, size_t nbody)
{
	const size_t nwho = who != NULL ? strlen(who) : 0;
	const size_t n = nhead + nwho + nbody;
	uint8_t *to = wire_room(&j->out, HEADER + n);
	uint32_t number;

	if (to == NULL)
		return;
	to[8] = (uint8_t)kind;
	memcpy(to + HEADER, head, nhead);
	/* Without its NUL: its length stands in the head. */
	if (nwho > 0)
		memcpy(to + HEADER + nhead, who, nwho); /* NOLINT(bugprone-not-null*) */
	if (nbody > 0)
		memcpy(to + HEADER + nhead + nwho, body, nbody);
	number = htole32((uint32_t)n);
	memcpy(to, &number, sizeof(number));
	number = htole32(crc32_add(0, to + 8, 1 + n));
	memcpy(to + 4, &number, sizeof(number));
	wire_added(&j->out, HEADER + n);
}

void
journal_put(struct journal *j, const void *payload, size_t bytes)
{
	add_record(j, 'T', "", 0, "", payload, bytes);
}

/* number and attempt as all records have them. */
static void
put_place(uint8_t *to, uint64_t number, uint32_t attempt)
{
	number = htole64(number);
	attempt = htole32(attempt);
	memcpy(to, &number, sizeof(number));
	memcpy(to + sizeof(number), &attempt, sizeof(attempt));
}

void
journal_result(struct journal *j, const struct dist_result *r)
{
	const uint32_t status = htole32((uint32_t)r->status);
	const char *who = r->who != NULL ? r->who : "";
	uint8_t head[RESULT_FIXED];

	put_place(head, r->number, r->attempt);
	memcpy(head + 12, &status, sizeof(status));
	head[16] = (uint8_t)strlen(who); /* below DIST_WHO_MAX */
	add_record(j, r->dead ? 'D' : 'R', head, sizeof(head), who, r->payload,
		   r->bytes);
}

void
journal_attempt(struct journal *j, uint64_t number, uint32_t attempt)
{
	uint8_t head[ATTEMPT_FIXED];

	put_place(head, number, attempt);
	add_record(j, 'A', head, sizeof(head), "", NULL, 0);
}

int
journal_sync(struct journal *j, struct err *e)
{
	if (j->failed == 0 && j->out.lacks_memory)
		j->failed = ENOMEM;
	if (j->failed == 0 && wire_bytes(&j->out) == 0)
		return 0;
	while (j->failed == 0 && wire_bytes(&j->out) > 0) {
		const ssize_t n =
			write(j->fd, j->out.at + j->out.from, wire_bytes(&j->out));

		if (n >= 0)
			wire_taken(&j->out, (size_t)n);
		else if (errno != EINTR)
			j->failed = errno;
	}
	if (j->failed == 0 && j->durable && fdatasync(j->fd) != 0)
		j->failed = errno;
	if (j->failed != 0)
		return err_set(e, j->failed, "cannot write the journal '%s'", j->path);
	return 0;
}

/* --- opening --------------------------------------------------------------- */

static int
replay(struct ledger *l, char kind, const uint8_t *at, size_t n)
{
	struct dist_result r = { .dead = kind == 'D' };
	char who[DIST_WHO_MAX];
	uint32_t status;

	if (kind == 'T')
		return ledger_replay_put(l, at, n) < 0 ? -ENOMEM : 0;
	if (n < ATTEMPT_FIXED)
		return -EBADMSG;
	memcpy(&r.number, at, sizeof(r.number));
	memcpy(&r.attempt, at + 8, sizeof(r.attempt));
	r.number = le64toh(r.number);
	r.attempt = le32toh(r.attempt);
	if (kind == 'A') {
		ledger_replay_attempt(l, r.number, r.attempt);
		return 0;
	}
	if ((kind != 'R' && kind != 'D') || n < RESULT_FIXED ||
	    at[16] >= DIST_WHO_MAX || n - RESULT_FIXED < at[16])
		return -EBADMSG;
	memcpy(&status, at + 12, sizeof(status));
	r.status = (int)le32toh(status);
	memcpy(who, at + RESULT_FIXED, at[16]);
	who[at[16]] = '\0';
	r.who = who;
	r.payload = at + RESULT_FIXED + at[16];
	r.bytes = n - RESULT_FIXED - at[16];
	return ledger_replay_result(l, &r) < 0 ? -ENOMEM : 0;
}

/* One record out of w: 1; 0 when it is not whole or not right; -errno. */
static int
replay_next(struct ledger *l, struct wire *w)
{
	const uint8_t *at = w->at + w->from;
	uint32_t n, crc;
	int rc;

	if (wire_bytes(w) < HEADER)
		return 0;
	memcpy(&n, at, sizeof(n));
	memcpy(&crc, at + 4, sizeof(crc));
	n = le32toh(n);
	if (wire_bytes(w) - HEADER < n ||
	    crc32_add(0, at + 8, 1 + (size_t)n) != le32toh(crc))
		return 0;
	rc = replay(l, (char)at[8], at + HEADER, n);
	wire_taken(w, HEADER + (size_t)n);
	return rc == 0 ? 1 : rc;
}

/* The first line, if it is all there. */
static int
read_header(struct journal *j, struct wire *w, struct err *e)
{
	const char *at = (const char *)w->at + w->from;
	const size_t n = wire_bytes(w), magic = strlen(MAGIC);
	const char *end = n > magic ? memchr(at, '\n', n) : NULL;

	if (end == NULL || memcmp(at, MAGIC, magic) != 0 ||
	    (size_t)(end - at) - magic >= DIST_RUN_MAX)
		return err_set(e, EBADMSG, "'%s' is not a journal of dist", j->path);
	memcpy(j->run, at + magic, (size_t)(end - at) - magic);
	wire_taken(w, (size_t)(end - at) + 1);
	return 0;
}

/* Reads the whole file into w. */
static int
read_all(struct journal *j, struct wire *w, struct err *e)
{
	for (;;) {
		uint8_t *to = wire_room(w, READ_BYTES);
		ssize_t n;

		if (to == NULL)
			return err_set(e, ENOMEM, "no memory for the journal '%s'",
				       j->path);
		n = read(j->fd, to, READ_BYTES);
		if (n < 0 && errno != EINTR)
			return err_set(e, errno, "cannot read the journal '%s'",
				       j->path);
		if (n == 0)
			return 0;
		if (n > 0)
			wire_added(w, (size_t)n);
	}
}

static int
load(struct journal *j, struct ledger *l, off_t size, struct err *e)
{
	struct wire w = { .at = NULL };
	int rc = read_all(j, &w, e);

	if (rc == 0)
		rc = read_header(j, &w, e);
	if (rc == 0) {
		while ((rc = replay_next(l, &w)) == 1)
			;
		if (rc < 0)
			err_set(e, -rc, "cannot read the journal '%s'", j->path);
	}
	/* What was not confirmed before the crash is cut off. */
	j->dropped = wire_bytes(&w);
	if (rc == 0 && j->dropped > 0 &&
	    ftruncate(j->fd, size - (off_t)j->dropped) != 0)
		rc = err_set(e, errno, "cannot cut the journal '%s'", j->path);
	wire_fini(&w);
	return rc;
}

/* A file whose name could be lost in a crash would be no journal. */
static void
sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[sizeof(((struct journal *)NULL)->path)];
	int fd;

	snprintf(folder, sizeof(folder), "%.*s",
		 slash != NULL ? (int)(slash - path) : 1, slash != NULL ? path : ".");
	fd = open(folder[0] != '\0' ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

int
journal_open(struct journal *j, const char *path, const char *run, bool durable,
	     struct ledger *l, struct err *e)
{
	struct stat st;
	int rc = 0;

	*j = (struct journal){ .durable = durable };
	snprintf(j->path, sizeof(j->path), "%s", path);
	j->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (j->fd < 0)
		return err_set(e, errno, "cannot open the journal '%s'", path);
	if (flock(j->fd, LOCK_EX | LOCK_NB) != 0)
		rc = err_set(e, EBUSY, "another master has the journal '%s'", path);
	else if (fstat(j->fd, &st) != 0)
		rc = err_set(e, errno, "cannot look at the journal '%s'", path);
	else if (st.st_size > 0)
		rc = load(j, l, st.st_size, e);
	else {
		snprintf(j->run, sizeof(j->run), "%s", run);
		wire_add(&j->out, MAGIC, strlen(MAGIC));
		wire_add(&j->out, j->run, strlen(j->run));
		wire_add(&j->out, "\n", 1);
		rc = journal_sync(j, e);
		sync_folder(path);
	}
	if (rc != 0)
		journal_close(j);
	return rc;
}

int
journal_remove(struct journal *j, struct err *e)
{
	if (unlink(j->path) != 0 && errno != ENOENT)
		return err_set(e, errno, "cannot remove the journal '%s'", j->path);
	return 0;
}

void
journal_close(struct journal *j)
{
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
	wire_fini(&j->out);
}
