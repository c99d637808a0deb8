/*
 * kinds.h - which kinds can do what the options ask.
 */
#ifndef CLI_KINDS_H
#define CLI_KINDS_H

#include "scenarios/scenario.h"

/*
 * Asks the scenario for each kind of the options. One that was named and cannot is
 * refused: -EINVAL with the error filled. Of all ('-k all') those that cannot are taken
 * out of opts, which a warning of the run's result tells; -EINVAL when none is left.
 */
int kinds_fit(const struct scenario *s, const struct run *run, void *opts,
	      struct err *e);

/* Whether the scenario has a kind of this name. */
bool kinds_has(const struct scenario *s, const char *name);

#endif
