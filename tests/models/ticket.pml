/*
 * ticket.pml - core/lock/ticket.c: acquire, try, release.
 * Bugs: RELAXED
 */
#include "order.h"

byte next, serving, serving_v;

active [N] proctype contender()
{
	byte mine, r, t;

	do
	:: r < ROUNDS ->
		r++;
		if
		:: atomic { t = next; next++; arrive() }
			atomic { serving == t; ACQ(serving_v) }
		:: d_step { t = serving; ACQ(serving_v) }
			atomic {
				if
				:: next == t -> next++; arrive()
				:: else -> goto again
				fi
			}
		fi;
		in_order();
		section();
#ifdef RELAXED
		d_step { serving = t + 1; RLX(serving_v) }
#else
		d_step { serving = t + 1; REL(serving_v) }
#endif
again:		skip
	:: else -> break
	od
}
