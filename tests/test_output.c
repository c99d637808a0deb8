/*
 * test_output.c - files whole or not at all, and errors that are remembered.
 */
#include "cli/output.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];

static void
make_folder(void)
{
	snprintf(folder, sizeof(folder), "%s", "/tmp/test_output.XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
}

/* Files in the folder; their names do not matter. */
static int
count_files(void)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	int n = 0;

	cr_assert_not_null(d);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void
remove_folder(void)
{
	cr_assert_eq(chdir("/"), 0);
	cr_assert_eq(nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

TestSuite(output, .init = make_folder, .fini = remove_folder);

static const char *
content(const char *name)
{
	static char text[256];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return n < 0 ? "(none)" : text;
}

static void
write_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

Test(output, a_file_appears_when_it_is_complete)
{
	struct output o;
	struct err e;

	cr_assert_eq(output_open(&o, "a", &e), 0);
	fputs("new", o.file);
	cr_assert_eq(output_flush(&o), 0);
	cr_assert_str_eq(content("a"), "(none)");
	cr_assert_eq(output_close(&o, &e), 0);
	cr_assert_str_eq(content("a"), "new");
	cr_assert_eq(count_files(), 1);
}

Test(output, an_abandoned_file_leaves_the_old_one_and_nothing_else)
{
	struct output o;
	struct err e;

	write_file("a", "old");
	cr_assert_eq(output_open(&o, "a", &e), 0);
	fputs("new", o.file);
	output_flush(&o);
	output_abandon(&o);
	cr_assert_str_eq(content("a"), "old");
	cr_assert_eq(count_files(), 1);
	output_abandon(&o);
}

Test(output, a_replaced_file_keeps_its_mode_and_a_link_its_target)
{
	struct output o;
	struct stat st;
	struct err e;

	write_file("a", "old");
	cr_assert_eq(chmod("a", 0600), 0);
	cr_assert_eq(symlink("a", "link"), 0);
	cr_assert_eq(output_open(&o, "link", &e), 0);
	fputs("new", o.file);
	cr_assert_eq(output_close(&o, &e), 0);
	cr_assert_str_eq(content("a"), "new");
	cr_assert_eq(lstat("link", &st), 0);
	cr_assert(S_ISLNK(st.st_mode));
	cr_assert_eq(stat("a", &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0600);
}

Test(output, a_new_file_obeys_the_umask)
{
	struct output o;
	struct stat st;
	struct err e;

	umask(027);
	cr_assert_eq(output_open(&o, "a", &e), 0);
	cr_assert_eq(output_close(&o, &e), 0);
	cr_assert_eq(stat("a", &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0640);
}

Test(output, what_cannot_be_written_is_refused_by_name)
{
	struct output o;
	struct err e = { 0 };

	cr_assert_eq(output_open(&o, "no/such/folder", &e), -ENOENT);
	cr_assert_eq(e.code, ENOENT);
	cr_assert_not_null(strstr(e.msg, "'no/such/folder'"));
	cr_assert_lt(output_open(&o, "", &e), 0);
	cr_assert_lt(output_open(&o, ".", &e), 0);
	cr_assert_eq(count_files(), 0);
}

static void
note(void *arg, int error)
{
	int *seen = arg;

	seen[0]++;
	seen[1] = error;
}

Test(output, the_first_error_is_remembered_and_told_once)
{
	int seen[2] = { 0 };
	struct output o;
	struct err e;

	cr_assert_eq(output_open(&o, "/dev/full", &e), 0);
	o.failed = note;
	o.failed_arg = seen;
	fputs("lost", o.file);
	cr_assert_eq(output_flush(&o), -ENOSPC);
	fputs("lost, too", o.file);
	cr_assert_eq(output_flush(&o), -ENOSPC);
	cr_assert_eq(seen[0], 1);
	cr_assert_eq(seen[1], ENOSPC);
	cr_assert_eq(output_close(&o, &e), -ENOSPC);
	cr_assert_eq(e.code, ENOSPC);
}

Test(output, a_failed_write_puts_no_file_in_place)
{
	struct output o;
	struct err e;
	int fd;

	write_file("a", "old");
	cr_assert_eq(output_open(&o, "a", &e), 0);
	/* The descriptor can no longer be written: as a disk that fills up. */
	fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	cr_assert_eq(dup3(fd, o.fd, O_CLOEXEC), o.fd);
	close(fd);
	fputs("new", o.file);
	cr_assert_eq(output_close(&o, &e), -ENOSPC);
	cr_assert_str_eq(content("a"), "old");
	cr_assert_eq(count_files(), 1);
}

Test(output, more_than_a_buffer_is_written_through_a_pipe)
{
	static char block[300000];
	struct output o;
	struct err e;
	size_t total = 0;
	int p[2];
	pid_t pid;

	cr_assert_eq(pipe2(p, O_CLOEXEC), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		/* A descriptor that would block says EAGAIN: it must wait for it. */
		fcntl(p[1], F_SETFL, O_NONBLOCK);
		if (dup2(p[1], STDOUT_FILENO) < 0 || output_open(&o, "-", &e) != 0)
			_exit(1);
		close(p[1]);
		fwrite(block, 1, sizeof(block), o.file);
		_exit(output_close(&o, &e) == 0 ? 0 : 2);
	}
	close(p[1]);
	for (;;) {
		char buf[4096];
		ssize_t n = read(p[0], buf, sizeof(buf));

		if (n <= 0)
			break;
		total += (size_t)n;
	}
	close(p[0]);
	int status;

	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
	cr_assert_eq(total, sizeof(block));
}
