/*
 * args_value.h - what the two halves of args_value() share; for them alone.
 */
#ifndef CLI_ARGS_VALUE_H
#define CLI_ARGS_VALUE_H

#include "cli/args.h"

/* What is being read, for the messages. */
struct value {
	const struct param *row;
	const char *as, *text;
	void *field; /* where the value goes */
	struct err *e;
};

/* Reads a number or a list of numbers of any type. As args_value(). */
int args_number(const struct value *v);

/* Reads a time or a number of cache lines. As args_value(). */
int args_amount(const struct value *v);

/* Refuses a number that did not read; rc is from units.h. Returns -errno. */
int args_refuse_number(const struct value *v, int rc);

/* True when element i of the list stands in it before. */
bool args_seen_before(const struct param_list *l, size_t i);

#endif
