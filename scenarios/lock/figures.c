/*
 * figures.c - what follows from the figures of a lock by arithmetic.
 */
#include "scenarios/lock/figures.h"

/* Time that lies beyond x within waits, added up; of each bucket by its middle. */
static double
beyond(const struct hist *h, double x)
{
	double over = 0;
	uint64_t low = 0, high = 0;

	for (size_t i = 0; i < HIST_BUCKETS && low <= h->max && high < UINT64_MAX;
	     i++, low = high + 1) {
		double middle;

		high = hist_bucket_high(low);
		middle = (double)low / 2 + (double)(high < h->max ? high : h->max) / 2;
		if (middle >= LOCK_WAIT_FLOOR_NS && middle > x)
			over += (double)h->bucket[i] * (middle - x);
	}
	return over;
}

double
lock_waiting_sum(const struct hist *waits)
{
	return beyond(waits, 0);
}

double
lock_arrival_quantile(const struct hist *waits, double waiting, double q)
{
	double low = 0, high = (double)waits->max;
	const double all = lock_waiting_sum(waits);

	if (all <= 0 || waiting <= 0 || 1 - q >= waiting)
		return 0;
	/* beyond() falls steadily: halve until a thousandth of the whole is left. */
	for (int i = 0; i < 50 && high - low > 0.5; i++) {
		const double middle = (low + high) / 2;

		if (waiting * beyond(waits, middle) / all > 1 - q)
			low = middle;
		else
			high = middle;
	}
	return high;
}

double
lock_window_jain(double window_square, double square, int contenders)
{
	const double jain = square > 0 ? window_square / (square * contenders) : 1;

	/* Windows are cut where a batch begins and ends. */
	return jain > 1 ? 1 : jain;
}
