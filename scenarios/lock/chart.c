/*
 * chart.c - bars and a plane, drawn with characters.
 */
#include "scenarios/lock/chart.h"

#include "core/human.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	BAR = 40,
	SHARED_MAX = 32, /* contenders that have a bar of their own */
	PLANE_WIDTH = 60,
	PLANE_HEIGHT = 10,
	MARKS_MAX = 52,
};

/* `share` (0..1) of BAR blocks; something is never nothing. */
static const char *
bar(double share, char *buf)
{
	int n = (int)(share * BAR + 0.5);

	n = n < 0 ? 0 : n > BAR ? BAR : n;
	n += n == 0 && share > 0;
	for (int i = 0; i < n; i++)
		memcpy(buf + 3 * i, "█", 3);
	buf[3 * n] = '\0';
	return buf;
}

void
lock_chart_sharing(struct result *r, const struct lock_figures *f)
{
	char blocks[3 * BAR + 1];
	double all = 0;

	if (f->ops == NULL || f->n < 2 || f->most <= 0)
		return;
	for (int i = 0; i < f->n; i++)
		all += (double)f->ops[i];
	result_line(r, "%s n=%d: rounds of each contender; %.1f %% each would be even",
		    f->kind, f->n, 100.0 / f->n);
	for (int i = 0; i < f->n && i < SHARED_MAX; i++) {
		const double share = (double)f->ops[i] / all;

		result_line(r, "  %3d %5.1f %% %s", i + 1, 100 * share,
			    bar(share / f->most, blocks));
	}
	if (f->n > SHARED_MAX)
		result_line(r, "  and %d more", f->n - SHARED_MAX);
}

/* How many of h lie below 2^power. */
static uint64_t
below(const struct hist *h, int power)
{
	return power == 0 ? h->bucket[0] : hist_rank(h, (UINT64_C(1) << power) - 1);
}

void
lock_chart_waits(struct result *r, const struct lock_figures *f)
{
	char blocks[3 * BAR + 1], from[HUMAN_TEXT];
	uint64_t most = 0;
	int first = 63, last = 0;

	if (f->wait == NULL || f->wait->count == 0)
		return;
	for (int i = 0; i < 62; i++) {
		const uint64_t n =
			below(f->wait, i + 1) - (i == 0 ? 0 : below(f->wait, i));

		most = n > most ? n : most;
		first = n > 0 && i < first ? i : first;
		last = n > 0 ? i : last;
	}
	result_line(r,
		    "%s n=%d: waits of %llu timed rounds, from so long to twice that",
		    f->kind, f->n, (unsigned long long)f->wait->count);
	for (int i = first; i <= last; i++) {
		const uint64_t n =
			below(f->wait, i + 1) - (i == 0 ? 0 : below(f->wait, i));

		result_line(r, "  %9s %8.4f %% %s",
			    human_ns(from, i == 0 ? 0 : (double)(UINT64_C(1) << i)),
			    100 * (double)n / (double)f->wait->count,
			    bar((double)n / (double)most, blocks));
	}
}

static char
mark(size_t i)
{
	return (char)(i < 26 ? 'a' + (int)i : 'A' + (int)i - 26);
}

static bool
has_place(const struct lock_figures *f)
{
	return f->rate > 0 && f->jain_windows >= 0 && f->n > 1 && f->reads == 0;
}

void
lock_chart_fairness(struct result *r, const struct lock_figures *f, size_t n)
{
	char plane[PLANE_HEIGHT][PLANE_WIDTH + 1], low[HUMAN_TEXT], high[HUMAN_TEXT];
	double least = INFINITY, most = 0;
	size_t count = 0;

	for (size_t i = 0; i < n && i < MARKS_MAX; i++) {
		if (!has_place(&f[i]))
			continue;
		count++;
		least = f[i].rate < least ? f[i].rate : least;
		most = f[i].rate > most ? f[i].rate : most;
	}
	if (count < 3 || least >= most)
		return;
	memset(plane, ' ', sizeof(plane));
	for (size_t i = 0; i < n && i < MARKS_MAX; i++) {
		const double x = log(f[i].rate / least) / log(most / least);
		int column, row;

		if (!has_place(&f[i]))
			continue;
		column = (int)(x * (PLANE_WIDTH - 1) + 0.5);
		row = PLANE_HEIGHT - 1 -
		      (int)(f[i].jain_windows * (PLANE_HEIGHT - 1) + 0.5);
		while (column < PLANE_WIDTH - 1 && plane[row][column] != ' ')
			column++;
		plane[row][column] = mark(i);
	}
	result_line(r,
		    "n=%d: fairness over %llu rounds (up) by rounds a second (to the "
		    "right, %s to %s, each column the same factor)",
		    f[0].n, (unsigned long long)f[0].window, human_count(low, least),
		    human_count(high, most));
	for (int i = 0; i < PLANE_HEIGHT; i++) {
		plane[i][PLANE_WIDTH] = '\0';
		result_line(r, "  %4.2f |%s", 1 - (double)i / (PLANE_HEIGHT - 1),
			    plane[i]);
	}
	for (size_t i = 0; i < n && i < MARKS_MAX; i++)
		if (has_place(&f[i]))
			result_line(r, "  %c %s: %s/s, %.2f", mark(i), f[i].kind,
				    human_count(low, f[i].rate), f[i].jain_windows);
}
