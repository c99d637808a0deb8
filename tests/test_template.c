/*
 * test_template - the words of a command, with any item in any place.
 */
#include "scenarios/pool/template.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Words of `words` (parted by '|') for an item, joined again by '|'. */
static const char *
words_of(const char *words, bool shell, const char *item, uint64_t number)
{
	static char out[4096];
	char text[256], *argv[16];
	struct template t = { .argv = argv, .shell = shell };
	char **w;

	snprintf(text, sizeof(text), "%s", words);
	for (char *at = text; at != NULL && *words != '\0';)
		argv[t.argc++] = strsep(&at, "|");
	argv[t.argc] = NULL;
	w = template_words(&t, item, number);
	cr_assert_not_null(w);
	memset(out, 0, sizeof(out));
	for (int i = 0; w[i] != NULL; i++) {
		cr_assert_lt(i, 16);
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s",
			 i > 0 ? "|" : "", w[i]);
	}
	free(w);
	return out;
}

struct row {
	const char *words, *item, *expected;
};

Test(template, placeholders)
{
	static const struct row rows[] = {
		{ "echo|{}", "a", "echo|a" },
		{ "echo", "a b", "echo|a b" },
		{ "echo|x", "", "echo|x|" },
		{ "echo|{}", "", "echo|" },
		{ "cp|{}|{}.bak", "f", "cp|f|f.bak" },
		{ "{}{}", "ab", "abab" },
		{ "{.}", "dir/f.tar.gz", "dir/f.tar" },
		{ "{.}", "dir.d/file", "dir.d/file" },
		{ "{.}", ".bashrc", ".bashrc" },
		{ "{.}", "dir/.bashrc", "dir/.bashrc" },
		{ "{.}", "a.", "a" },
		{ "{.}", "", "" },
		{ "{/}", "dir/f.c", "f.c" },
		{ "{/}", "f.c", "f.c" },
		{ "{/}", "/", "" },
		{ "{/.}", "x.y/f.tar.gz", "f.tar" },
		{ "{/.}", "x.y/.rc", ".rc" },
		{ "{//}", "a/b/c", "a/b" },
		{ "{//}", "/c", "/" },
		{ "{//}", "c", "." },
		{ "{//}", "", "." },
		{ "{#}", "x", "8" },
		{ "{#}|{}", "x", "8|x" },
		/* What is put in is not looked at again. */
		{ "{}", "{}{#}{.}", "{}{#}{.}" },
		/* None of ours. */
		{ "{x}|{|}|{}", "a", "{x}|{|}|a" },
		{ "{{}}", "a", "{a}" },
		{ "{ }|{}", "a", "{ }|a" },
		{ "", "cmd", "cmd" },
		{ "|{}|", "a", "|a|" },
		{ NULL, NULL, NULL },
	};

	for (const struct row *r = rows; r->words != NULL; r++)
		cr_assert_str_eq(words_of(r->words, false, r->item, 7), r->expected,
				 "'%s' with '%s' is '%s'", r->words, r->item,
				 words_of(r->words, false, r->item, 7));
}

Test(template, numbers_count_from_one)
{
	cr_assert_str_eq(words_of("{#}", false, "", 0), "1");
	cr_assert_str_eq(words_of("{#}", false, "", UINT64_MAX - 1),
			 "18446744073709551615");
}

Test(template, a_line_for_the_shell_is_quoted)
{
	static const struct row rows[] = {
		{ "echo {} | wc", "a b", "/bin/sh|-c|echo 'a b' | wc" },
		{ "echo", "it's", "/bin/sh|-c|echo 'it'\\''s'" },
		{ "a|b|{}", "", "/bin/sh|-c|a b ''" },
		{ "echo {#} {/}", "/x/y", "/bin/sh|-c|echo 8 'y'" },
		{ NULL, NULL, NULL },
	};

	/* '|' parts words here, so the first row has three of them. */
	cr_assert_str_eq(words_of("echo {}; wc", true, "a b", 7),
			 "/bin/sh|-c|echo 'a b'; wc");
	for (const struct row *r = rows + 1; r->words != NULL; r++)
		cr_assert_str_eq(words_of(r->words, true, r->item, 7), r->expected);
}

/* What a command writes, at most size - 1 bytes. */
static void
read_output(char **words, char *buf, size_t size)
{
	int fd[2], status;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	cr_assert_eq(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		dup2(fd[1], 1);
		execv(words[0], words);
		_exit(127);
	}
	close(fd[1]);
	while ((got = read(fd[0], buf + n, size - 1 - n)) > 0)
		n += (size_t)got;
	buf[n] = '\0';
	close(fd[0]);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
}

/* What the shell really makes of hostile items: exactly the item. */
Test(template, no_item_gets_out_of_its_quotes, .timeout = 100)
{
	static const char *const items[] = {
		"",   " ",	  "a b",       "'",	   "''",    "\"",
		"\\", "\\'",	  "$(echo x)", "`echo x`", "$HOME", "a\nb",
		"\n", "; echo x", "&& echo x", "| cat",	   "-n",    "--help",
		"*",  "~",	  "#",	       "!x",	   "\t",    "'; echo x; '",
		"{}", "$'x'",	  "%s%n",      "\xff\x01",
	};
	char line[] = "printf %s.%s {} {/}";
	char *argv[] = { line, NULL };
	struct template t = { .argc = 1, .argv = argv, .shell = true };

	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		char **w = template_words(&t, items[i], 0);
		const char *slash = strrchr(items[i], '/');
		char got[256] = "", expected[256];

		cr_assert_not_null(w);
		cr_assert_str_eq(w[0], "/bin/sh");
		cr_assert_str_eq(w[1], "-c");
		cr_assert_null(w[3]);
		read_output(w, got, sizeof(got));
		snprintf(expected, sizeof(expected), "%s.%s", items[i],
			 slash ? slash + 1 : items[i]);
		cr_assert_str_eq(got, expected, "item %zu", i);
		free(w);
	}
}

Test(template, the_longest_items)
{
	const size_t n = 128 * 1024 - 1;
	char *item = malloc(n + 1);
	char word[] = "{}{}";
	char *argv[] = { word, NULL };
	struct template t = { .argc = 1, .argv = argv };
	char **w;

	memset(item, '\'', n);
	item[n] = '\0';
	w = template_words(&t, item, 0);
	cr_assert_eq(strlen(w[0]), 2 * n);
	free(w);
	t.shell = true;
	w = template_words(&t, item, 0);
	cr_assert_eq(strlen(w[2]), 2 * (4 * n + 2));
	free(w);
	free(item);
}

Test(template, bare_words_stay_as_they_are)
{
	char echo[] = "echo", hi[] = "hi", number[] = "{}";
	char *plain[] = { echo, hi, NULL }, *counted[] = { echo, number, NULL };
	char **w;

	w = template_words(&(struct template){ .argc = 2, .argv = plain, .bare = true },
			   "7", 7);
	cr_assert_str_eq(w[1], "hi");
	cr_assert_null(w[2]);
	free(w);
	w = template_words(
		&(struct template){ .argc = 2, .argv = counted, .bare = true }, "7", 7);
	cr_assert_str_eq(w[1], "7");
	cr_assert_null(w[2]);
	free(w);
	w = template_words(
		&(struct template){
			.argc = 2, .argv = plain, .bare = true, .shell = true },
		"7", 7);
	cr_assert_str_eq(w[2], "echo hi");
	free(w);
}
