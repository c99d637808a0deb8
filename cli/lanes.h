/*
 * lanes.h - spans as a picture in the terminal, one row a role.
 *
 *                0             88            176           264          352 ms
 *     w1   32414 ·0████████████████████████████···························  51%
 *
 * █ running, ░ waiting, · idle, the last digit of a task's number where it begins,
 * ▓ where several begin in one cell; the share of the time spent running at the end.
 * Many roles are folded: k of them a row, drawn as levels of how many ran.
 */
#ifndef CLI_LANES_H
#define CLI_LANES_H

#include "cli/render.h"

#include <stdio.h>

/* More roles than this are folded into as many rows at most. */
#define LANES_MAX 24

/*
 * Draws the lanes of the events in v as wide as v->style says (a bar has 40 cells at
 * least). Nothing when no role has a span. Returns 0 or -ENOMEM.
 */
int lanes_draw(FILE *out, const struct view *v);

#endif
