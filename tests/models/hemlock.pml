/*
 * hemlock.pml - core/lock/hemlock.c.
 * Bugs: NO_ACKNOWLEDGEMENT
 *
 * NO_ACKNOWLEDGEMENT: who hands over does not wait until that was taken.
 */
#include "order.h"

byte tail, tail_v, grant[N], grant_v[N];

active [N] proctype contender()
{
	byte mine, r, before;

	do
	:: r < ROUNDS ->
		r++;
		if
		:: atomic { before = tail; tail = _pid + 1; ACQ_REL(tail_v); arrive() }
			if
			:: before != 0 ->
				atomic { grant[before - 1] == 1; ACQ(grant_v[before - 1]) }
				d_step { grant[before - 1] = 0; REL(grant_v[before - 1]) }
			:: else
			fi
		:: atomic {
				if
				:: tail == 0 -> tail = _pid + 1; ACQ_REL(tail_v); arrive()
				:: else -> goto again
				fi
			}
		fi;
		in_order();
		section();
		atomic {
			if
			:: tail == _pid + 1 -> tail = 0; REL_RMW(tail_v); goto again
			:: else
			fi
		}
		d_step { grant[_pid] = 1; REL(grant_v[_pid]) }
#ifndef NO_ACKNOWLEDGEMENT
		atomic { grant[_pid] == 0; ACQ(grant_v[_pid]) }
#endif
again:		skip
	:: else -> break
	od
}
