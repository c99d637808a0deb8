/*
 * family_node.h - what a process of a tree does; for family.c alone.
 */
#ifndef CORE_FAMILY_NODE_H
#define CORE_FAMILY_NODE_H

#include "core/family.h"

/* One process of the tree, as it sees itself. */
struct node {
	struct family *f;
	int number;
};

/* Makes the children of me, until one is refused or the tree cancelled. */
void family_make_children(const struct node *me);

/* All that a process below the root does (a fork_body); arg is its struct node. */
int family_body(void *arg);

/* Waits for a child as long as it takes, and notes its end. */
void family_wait_child(struct family_slot *slot);

/* Notes the end of a child that was reaped. */
void family_note_exit(struct family_slot *slot, int exitcode);

/* No process makes more children, pauses end. Any process of the tree. */
void family_cancel(struct family *f);

void family_set_private(int64_t value);

#endif
