/*
 * output.c - the one choke point for what is written.
 *
 * A new file has no name while it is written (O_TMPFILE), so that even SIGKILL
 * leaves nothing; it gets a temporary name only for the moment of the rename, for
 * link(2) cannot replace. Where that is not to be had, it has the temporary name all
 * the time, and a list of those lets a signal handler remove them.
 */
#include "cli/output.h"

#include "cli/json_out.h"
#include "cli/term.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static bool std_closed[3];

/* Temporary names in use; a handler may look at any time, hence the fixed array. */
#define TEMPS 64
static char *volatile temps[TEMPS];

static void
temp_forget(const char *temp)
{
	for (int i = 0; i < TEMPS; i++) {
		if (temps[i] == temp)
			temps[i] = NULL;
	}
}

static void
temp_remember(char *temp)
{
	for (int i = 0; i < TEMPS; i++) {
		if (temps[i] == NULL) {
			temps[i] = temp;
			return;
		}
	}
}

void
output_abandon_all(void)
{
	for (int i = 0; i < TEMPS; i++) {
		if (temps[i] != NULL)
			unlink(temps[i]);
	}
}

void
output_reopen_std(void)
{
	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		std_closed[fd] = true;
		/* Not close-on-exec: children need something there, too. */
		if (open("/dev/null", O_RDWR) != fd)
			_exit(3);
	}
}

bool
output_was_closed(int fd)
{
	return fd >= 0 && fd < 3 && std_closed[fd];
}

static void
note_error(struct output *o, int error)
{
	if (o->error != 0)
		return;
	o->error = error;
	if (o->failed != NULL)
		o->failed(o->failed_arg, error);
}

static int
write_all(int fd, const char *data, size_t n)
{
	while (n > 0) {
		ssize_t k = write(fd, data, n);

		if (k >= 0) {
			data += k;
			n -= (size_t)k;
		} else if (errno == EAGAIN) {
			struct pollfd p = { .fd = fd, .events = POLLOUT };

			poll(&p, 1, -1);
		} else if (errno != EINTR) {
			return errno;
		}
	}
	return 0;
}

/* Where every FILE of ours ends. Tells stdio that all was well, so that it does not
 * keep and retry what nobody can take. */
static ssize_t
cookie_write(void *cookie, const char *data, size_t n)
{
	struct output *o = cookie;
	int rc;

	if (o->error == 0 && n > 0) {
		rc = output_was_closed(o->fd) ? EBADF : write_all(o->fd, data, n);
		if (rc != 0)
			note_error(o, rc);
	}
	return (ssize_t)n;
}

static char *
text_join(const char *a, const char *b)
{
	size_t n = strlen(a) + strlen(b) + 1;
	char *s = malloc(n);

	if (s != NULL)
		snprintf(s, n, "%s%s", a, b);
	return s;
}

/* The folder of path, as a new string that ends in '/'. */
static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *s;

	if (slash == NULL)
		return strdup("./");
	s = strdup(path);
	if (s != NULL)
		s[slash - path + 1] = '\0';
	return s;
}

static int
open_unnamed(const char *target)
{
	char *folder = folder_of(target);
	int fd = -1;

	if (folder != NULL && access("/proc/self/fd", X_OK) == 0)
		fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	free(folder);
	return fd;
}

static int
open_named(struct output *o)
{
	mode_t mask;
	int fd;

	o->temp = text_join(o->target, ".XXXXXX");
	if (o->temp == NULL) {
		errno = ENOMEM;
		return -1;
	}
	fd = mkostemp(o->temp, O_CLOEXEC);
	if (fd < 0) {
		free(o->temp);
		o->temp = NULL;
		return -1;
	}
	temp_remember(o->temp);
	mask = umask(0);
	umask(mask);
	(void)!fchmod(fd, 0666 & ~mask);
	return fd;
}

/* Decides between in place and beside; fills fd, target and temp. */
static int
open_path(struct output *o)
{
	struct stat st;
	bool there = stat(o->name, &st) == 0;

	if (there && !S_ISREG(st.st_mode))
		o->fd = open(o->name, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (there && !S_ISREG(st.st_mode))
		return o->fd < 0 ? -errno : 0;
	/* Through a symbolic link, the file behind it is replaced, not the link. */
	o->target = there ? realpath(o->name, NULL) : strdup(o->name);
	if (o->target == NULL)
		return -errno;
	if (there && access(o->target, W_OK) != 0)
		return -errno;
	o->fd = open_unnamed(o->target);
	if (o->fd < 0)
		o->fd = open_named(o);
	if (o->fd < 0)
		return -errno;
	if (there)
		(void)!fchmod(o->fd, st.st_mode & 07777);
	return 0;
}

int
output_open(struct output *o, const char *name, struct err *e)
{
	cookie_io_functions_t io = { .write = cookie_write };
	int rc = 0;

	*o = (struct output){ .name = name, .fd = -1 };
	if (strcmp(name, "-") == 0 && output_was_closed(STDOUT_FILENO)) {
		output_error(o, EBADF, e);
		return -EBADF;
	}
	if (strcmp(name, "-") == 0)
		o->fd = STDOUT_FILENO;
	else if (strcmp(name, "&2") == 0)
		o->fd = STDERR_FILENO;
	else
		rc = *name == '\0' ? -ENOENT : open_path(o);
	if (rc == 0) {
		o->file = fopencookie(o, "w", io);
		rc = o->file == NULL ? -ENOMEM : 0;
	}
	if (rc != 0) {
		output_abandon(o);
		return err_set(e, -rc, "cannot write '%s'", name);
	}
	setvbuf(o->file, NULL, _IOFBF, 1 << 16);
	return 0;
}

int
output_flush(struct output *o)
{
	if (o->file != NULL)
		fflush(o->file);
	/* What could not be said for lack of memory is missing in it. */
	if (o->error == 0 && json_out_errno() == ENOMEM)
		o->error = ENOMEM;
	return -o->error;
}

int
output_error(const struct output *o, int error, struct err *e)
{
	bool closed = error == EBADF;
	const char *what = "standard output";

	if (strcmp(o->name, "&2") == 0)
		what = "standard error";
	else if (strcmp(o->name, "-") != 0)
		return err_set(e, error, "cannot write '%s'", o->name);
	if (closed)
		err_set(e, 0, "%s is closed", what);
	else
		err_set(e, error, "%s", what);
	return -error;
}

/* Gives the nameless file a name beside its target, unique by our PID. */
static int
name_it(struct output *o)
{
	char from[40], to[32];

	if (o->temp != NULL)
		return 0;
	snprintf(from, sizeof(from), "/proc/self/fd/%d", o->fd);
	for (int i = 0; i < 100; i++) {
		snprintf(to, sizeof(to), ".%d-%d.tmp", (int)getpid(), i);
		o->temp = text_join(o->target, to);
		if (o->temp == NULL)
			return -ENOMEM;
		temp_remember(o->temp);
		if (linkat(AT_FDCWD, from, AT_FDCWD, o->temp, AT_SYMLINK_FOLLOW) == 0)
			return 0;
		temp_forget(o->temp);
		free(o->temp);
		o->temp = NULL;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

static int
put_in_place(struct output *o)
{
	int rc;

	if (fsync(o->fd) != 0)
		return -errno;
	rc = name_it(o);
	if (rc != 0)
		return rc;
	if (rename(o->temp, o->target) != 0)
		return -errno;
	temp_forget(o->temp);
	free(o->temp);
	o->temp = NULL;
	return 0;
}

int
output_close(struct output *o, struct err *e)
{
	int rc = output_flush(o);

	if (rc == 0 && o->target != NULL)
		rc = put_in_place(o);
	if (rc != 0)
		output_error(o, -rc, e);
	output_abandon(o);
	return rc;
}

void
output_abandon(struct output *o)
{
	if (o->file != NULL) {
		/* What is still buffered is not wanted. */
		o->failed = NULL;
		note_error(o, ECANCELED);
		fclose(o->file);
		o->file = NULL;
	}
	if (o->fd > 2)
		close(o->fd);
	o->fd = -1;
	if (o->temp != NULL) {
		unlink(o->temp);
		temp_forget(o->temp);
	}
	free(o->temp);
	free(o->target);
	o->temp = o->target = NULL;
}

void
output_complain(const char *command, const char *sort, const char *text)
{
	char line[1200], clean[1000];
	int n;

	term_clean(text, term_unicode(), clean, sizeof(clean));
	n = snprintf(line, sizeof(line), "concbench: %s%s%s%s%s\n",
		     command != NULL ? command : "", command != NULL ? ": " : "",
		     sort != NULL ? sort : "", sort != NULL ? ": " : "", clean);
	if (n > 0 && !std_closed[2])
		write_all(STDERR_FILENO, line, strlen(line));
}
