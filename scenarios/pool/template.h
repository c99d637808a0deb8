/*
 * template.h - the words of a COMMAND with the item of a task put in.
 *
 *   {}  the item            {/}  its last component    {#}  the task's number, from 1
 *   {.} without extension   {//} its folder            {/.} last component without
 *                                                           extension
 * Where no word has one, the item becomes the last word, unless `bare`. Source of the
 * names: GNU parallel. Nothing passes through a shell, unless `shell`: then the words
 * are one line for sh -c, and what is put in is quoted.
 */
#ifndef SCENARIOS_POOL_TEMPLATE_H
#define SCENARIOS_POOL_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>

struct template
{
	int argc;
	char *const *argv; /* borrowed */
	bool shell;
	bool bare;
};

/*
 * The words for one item, number counted from 0: an array that ends in NULL, all of
 * it in one allocation, given back by free(). NULL when memory ran out.
 */
char **template_words(const struct template *t, const char *item, uint64_t number);

#endif
