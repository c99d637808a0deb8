/*
 * mcs.pml - core/lock/mcs.c: acquire, try, release.
 * Bugs: GRANT_RELAXED NO_SECOND_LOOK
 *
 * NO_SECOND_LOOK: a release that saw no next one frees the lock without a
 * compare-and-swap.
 */
#include "order.h"

byte tail, tail_v; /* a node is its process + 1; 0: NULL */
byte next[N], next_v[N], granted[N], granted_v[N];

active [N] proctype contender()
{
	byte mine, r, before, n;

	do
	:: r < ROUNDS ->
		r++;
		next[_pid] = 0;
		granted[_pid] = 0;
		if
		:: atomic {
				before = tail;
				tail = _pid + 1;
				ACQ_REL(tail_v);
				arrive()
			}
			if
			:: before != 0 ->
				d_step { next[before - 1] = _pid + 1; REL(next_v[before - 1]) }
				atomic { granted[_pid] == 1; ACQ(granted_v[_pid]) }
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
		d_step { n = next[_pid]; ACQ(next_v[_pid]) }
		if
		:: n == 0 ->
#ifdef NO_SECOND_LOOK
			d_step { tail = 0; REL(tail_v) }
			goto again;
#else
			atomic {
				if
				:: tail == _pid + 1 -> tail = 0; REL_RMW(tail_v); goto again
				:: else
				fi
			}
#endif
			atomic { next[_pid] != 0; n = next[_pid]; ACQ(next_v[_pid]) }
		:: else
		fi;
#ifdef GRANT_RELAXED
		d_step { granted[n - 1] = 1; RLX(granted_v[n - 1]) }
#else
		d_step { granted[n - 1] = 1; REL(granted_v[n - 1]) }
#endif
again:		skip
	:: else -> break
	od
}
