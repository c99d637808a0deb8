/*
 * main.c - concbench: a workbench for processes, threads and coroutines.
 */
#include "scenarios/scenario.h"

int
main(void)
{
	return scenario_table[0] == NULL ? 0 : 1;
}
