/*
 * preload.c - our locks under an unmodified program: before its start.
 */
#include "core/preload.h"

#include "core/elf.h"
#include "core/proc.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Above what programs and shells number by hand. */
enum { FD_MIN = 200 };

int
preload_find(const char *self, char *path, size_t size, struct err *e)
{
	static const char *const where[] = { "", "../lib/concbench/" };
	const char *slash = strrchr(self, '/');
	const int folder = slash == NULL ? 0 : (int)(slash - self) + 1;

	for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
		const int n = snprintf(path, size, "%.*s%s%s", folder, self, where[i],
				       PRELOAD_LIBRARY);

		if (n > 0 && (size_t)n < size && access(path, R_OK) == 0)
			return 0;
	}
	err_set(e, ENOENT,
		"'%s' is neither beside the program nor in "
		"../lib/concbench",
		PRELOAD_LIBRARY);
	err_hint(e, "'make' builds it, 'make install' installs it");
	return -ENOENT;
}

/* The memfd, with a number that the program will hardly use. */
static int
make_memory(struct preload *p, struct err *e)
{
	struct preload_shared *s;
	int fd = memfd_create("concbench-preload", MFD_CLOEXEC), high;

	if (fd < 0)
		return err_set(e, errno, "cannot make shared memory");
	high = fcntl(fd, F_DUPFD_CLOEXEC, FD_MIN);
	if (high >= 0) {
		close(fd);
		fd = high;
	}
	p->fd = fd;
	if (ftruncate(fd, sizeof(*s)) != 0)
		return err_set(e, errno, "cannot size shared memory");
	s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (s == MAP_FAILED)
		return err_set(e, errno, "cannot map shared memory");
	s->bytes = sizeof(*s);
	s->magic = PRELOAD_MAGIC;
	munmap(s, 4096);
	return 0;
}

/* Puts NAME=VALUE into the environment p->envp, which has room. */
static void
set_variable(char **envp, char *variable)
{
	const size_t name = (size_t)(strchr(variable, '=') - variable) + 1;
	size_t i = 0;

	while (envp[i] != NULL && strncmp(envp[i], variable, name) != 0)
		i++;
	envp[i] = variable;
}

static int
make_environment(struct preload *p, const char *kind)
{
	const char *others = getenv("LD_PRELOAD");
	const bool has = others != NULL && *others != '\0';
	struct stat st;
	size_t n = 0;

	if (fstat(p->fd, &st) != 0)
		return -errno;
	while (environ[n] != NULL)
		n++;
	p->envp = calloc(n + 3, sizeof(*p->envp));
	if (p->envp == NULL ||
	    asprintf(&p->preload_var, "LD_PRELOAD=%s%s%s", p->library, has ? ":" : "",
		     has ? others : "") < 0 ||
	    asprintf(&p->tell_var, PRELOAD_ENV "=%d:%d:%llu:%s", p->fd, (int)getpid(),
		     (unsigned long long)st.st_ino, kind) < 0)
		return -ENOMEM;
	memcpy(p->envp, environ, n * sizeof(*p->envp));
	set_variable(p->envp, p->preload_var);
	set_variable(p->envp, p->tell_var);
	return 0;
}

int
preload_open(struct preload *p, const char *library, const char *kind, struct err *e)
{
	char *real = realpath(library, NULL);
	int rc;

	*p = (struct preload){ .fd = -1 };
	/* LD_PRELOAD is a list: a name in it can have neither spaces nor colons. */
	if (real == NULL)
		rc = err_set(e, errno, "cannot find '%.200s'", library);
	else if (strlen(real) >= sizeof(p->library) ||
		 real[strcspn(real, ": \t\n")] != '\0')
		rc = err_set(e, EINVAL,
			     "LD_PRELOAD cannot name '%.200s': no spaces, no colons",
			     real);
	else {
		memcpy(p->library, real, strlen(real) + 1);
		rc = make_memory(p, e);
	}
	if (rc == 0) {
		rc = make_environment(p, kind);
		if (rc != 0)
			err_set(e, -rc, "no memory for the program's environment");
	}
	free(real);
	if (rc != 0)
		preload_close(p);
	return rc;
}

void
preload_close(struct preload *p)
{
	if (p->fd >= 0)
		close(p->fd);
	free(p->preload_var);
	free(p->tell_var);
	free(p->envp);
	*p = (struct preload){ .fd = -1 };
}

/* The interpreter that the first line of a script names; false: it is none. */
static bool
script_of(const char *path, char *interpreter, size_t size)
{
	char line[256];
	FILE *f = fopen(path, "re");
	char *at, *end;
	bool is = f != NULL && fgets(line, sizeof(line), f) != NULL && line[0] == '#' &&
		  line[1] == '!';

	if (f != NULL)
		fclose(f);
	if (!is)
		return false;
	for (at = line + 2; isblank((unsigned char)*at); at++)
		;
	for (end = at; *end != '\0' && !isspace((unsigned char)*end); end++)
		;
	*end = '\0';
	snprintf(interpreter, size, "%s", at);
	return true;
}

int
preload_fit(const char *path)
{
	char interpreter[256];
	struct elf_file f;
	struct stat st;
	int rc;

	if (script_of(path, interpreter, sizeof(interpreter)))
		path = interpreter;
	if (stat(path, &st) != 0)
		return -errno;
	if (((st.st_mode & S_ISUID) && st.st_uid != geteuid()) ||
	    ((st.st_mode & S_ISGID) && st.st_gid != getegid()))
		return PRELOAD_SETUID;
	rc = elf_open(&f, path);
	if (rc == -ENOEXEC)
		return PRELOAD_ALIEN;
	if (rc == -EACCES) /* may be run, but not read */
		return PRELOAD_FITS;
	if (rc != 0)
		return rc;
	rc = elf_is_dynamic(&f) ? PRELOAD_FITS : PRELOAD_STATIC;
	elf_close(&f);
	return rc;
}
