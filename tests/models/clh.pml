/*
 * clh.pml - core/lock/clh.c: acquire, try, release, and cells that wander.
 * Bugs: OWN_CELL RELAXED
 *
 * OWN_CELL: who leaves keeps its own cell.
 */
#include "order.h"

byte tail = N, tail_v; /* cells 0 .. N - 1 are the contenders' first ones */
byte busy[N + 1], busy_v[N + 1];

active [N] proctype contender()
{
	byte mine, r, cell, before;

	cell = _pid;
	do
	:: r < ROUNDS ->
		r++;
		if
		:: d_step { busy[cell] = 1; RLX(busy_v[cell]) }
			atomic { before = tail; tail = cell; ACQ_REL(tail_v); arrive() }
		:: d_step { before = tail; ACQ(tail_v) }
			if
			:: busy[before] == 0
			:: else -> goto again
			fi;
			d_step { busy[cell] = 1; RLX(busy_v[cell]) }
			atomic {
				if
				:: tail == before -> tail = cell; ACQ_REL(tail_v); arrive()
				:: else -> goto again
				fi
			}
		fi;
		atomic { busy[before] == 0; ACQ(busy_v[before]) }
		in_order();
		section();
#ifdef RELAXED
		d_step { busy[cell] = 0; RLX(busy_v[cell]) }
#else
		d_step { busy[cell] = 0; REL(busy_v[cell]) }
#endif
#ifndef OWN_CELL
		cell = before;
#endif
again:		skip
	:: else -> break
	od
}
