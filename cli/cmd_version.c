/*
 * cmd_version.c - `concbench version`: what this program was built from.
 */
#include "cli/args.h"
#include "cli/command.h"
#include "core/commit.h"

#include <jansson.h>

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

#if defined(__x86_64__)
#define MACHINE "x86-64"
#elif defined(__aarch64__)
#define MACHINE "arm64"
#else
#define MACHINE "other"
#endif

static const char *
sanitizer(void)
{
#if defined(__SANITIZE_ADDRESS__)
	return ", asan";
#elif defined(__SANITIZE_THREAD__)
	return ", tsan";
#else
	return "";
#endif
}

/* The optional libraries that this build has; docs: README.md, What it stands on. */
static const char libraries[] =
#ifdef CONCBENCH_CURL
	", libcurl"
#endif
#ifdef CONCBENCH_LIBMD
	", libmd"
#endif
#ifdef CONCBENCH_HIREDIS_SSL
	", hiredis with TLS"
#elif defined(CONCBENCH_HIREDIS)
	", hiredis"
#endif
#if __has_include(<ck_spinlock.h>)
	", ck"
#endif
#ifdef CONCBENCH_URCU
	", liburcu"
#endif
	"";

static int
run(FILE *out, const void *opts, int argc, char **argv, struct err *e)
{
	const struct args_rest rest = { .noperands = argc, .operand = argv };

	(void)opts;
	if (args_expect(&rest, 0, false, e) != 0)
		return 2;
	fprintf(out, "concbench " CONCBENCH_VERSION "\n");
	fprintf(out, "commit: %s\n", commit_text);
	fprintf(out, "compiler: " COMPILER "\n");
#ifdef __GLIBC__
	fprintf(out, "libc: glibc %s\n", gnu_get_libc_version());
#else
	fprintf(out, "libc: not glibc\n");
#endif
	fprintf(out, "machine: " MACHINE "\n");
	fprintf(out, "features: jansson %s%s%s\n", jansson_version_str(), libraries,
		sanitizer());
	return 0;
}

static const struct param params[] = { PARAM_END };

const struct command command_version = {
	.name = "version",
	.summary = "tell the version, the compiler and what was built in",
	.about = "The first line is for scripts: concbench and the version.",
	.params = params,
	.run = run,
};
