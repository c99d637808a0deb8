/*
 * steady.c - the same work each time: `steady N` does N thousand steps of arithmetic.
 */
#include <stdint.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
	const uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) * 1000 : 0;
	volatile uint64_t sink;
	uint64_t x = 1;

	for (uint64_t i = 0; i < n; i++)
		x = x * UINT64_C(6364136223846793005) + 1;
	sink = x;
	(void)sink;
	return 0;
}
