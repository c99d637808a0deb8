/*
 * key.c - secrets come from a file that others cannot read.
 */
#include "scenarios/dist/dist_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
check_file(int fd, const char *file, struct err *e)
{
	struct stat st;
	int rc;

	if (fstat(fd, &st) != 0)
		return err_set(e, errno, "cannot look at the key file '%s'", file);
	if (!S_ISREG(st.st_mode) || (st.st_mode & (S_IRWXG | S_IRWXO)) == 0)
		return 0; /* a pipe is nobody else's */
	rc = err_set(e, EPERM, "others can read the key file '%s'", file);
	err_hint(e, "chmod 600 '%s'", file);
	return rc;
}

int
dist_key_read(struct dist_key *k, const char *file, struct err *e)
{
	const int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	int rc;

	k->n = 0;
	if (fd < 0)
		return err_set(e, errno, "cannot open the key file '%s'", file);
	rc = check_file(fd, file, e);
	while (rc == 0 && k->n < sizeof(k->at)) {
		n = read(fd, k->at + k->n, sizeof(k->at) - k->n);
		if (n < 0 && errno != EINTR)
			rc = err_set(e, errno, "cannot read the key file '%s'", file);
		if (n == 0)
			break;
		k->n += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	if (rc == 0 && k->n == sizeof(k->at))
		rc = err_set(e, EFBIG, "the key in '%s' is too long", file);
	/* The newline that echo adds is none of the key's. */
	if (k->n > 0 && k->at[k->n - 1] == '\n')
		k->n--;
	if (rc == 0 && k->n == 0)
		rc = err_set(e, EINVAL, "the key file '%s' is empty", file);
	return rc;
}

int
dist_key_password(struct dist_key *k, const char *file, struct err *e)
{
	static const char name[] = "CONCBENCH_ENGINE_PASSWORD";
	const char *word = getenv(name);
	int rc = 0;

	k->n = 0;
	if (file != NULL)
		rc = dist_key_read(k, file, e);
	else if (word != NULL && strlen(word) < sizeof(k->at))
		memcpy(k->at, word, k->n = strlen(word));
	else if (word != NULL)
		rc = err_set(e, EFBIG, "the password in $%s is too long", name);
	unsetenv(name);
	return rc;
}

void
dist_key_wipe(struct dist_key *k)
{
	explicit_bzero(k, sizeof(*k));
}
