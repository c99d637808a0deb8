/*
 * k42.pml - core/lock/k42.c: nodes on stacks, and the lock as a node.
 * Bugs: NEXT_KEPT RELAXED
 *
 * NEXT_KEPT: who finds nobody behind it does not clear the next of the lock.
 */
#include "order.h"

#define L (N + 1)
byte tail, tail_v; /* a node is its process + 1; 0: NULL */
byte next[N + 2], next_v[N + 2];
bool waits[N + 2];
byte waits_v[N + 2];

active [N] proctype contender()
{
	byte mine, r, last, n, me;

	me = _pid + 1;
	do
	:: r < ROUNDS ->
		r++;
		do
		:: atomic { tail == 0 -> tail = L; ACQ_REL(tail_v); arrive(); goto got }
		:: atomic { tail != 0 -> last = tail; ACQ(tail_v) }
			d_step { waits[me] = 1; next[me] = 0; RLX(next_v[me]) }
			atomic {
				if
				:: tail == last ->
					tail = me; ACQ_REL(tail_v); arrive(); break
				:: else
				fi
			}
		od;
		skip;
		d_step { next[last] = me; REL(next_v[last]) }
		atomic { !waits[me]; ACQ(waits_v[me]) }
		d_step { n = next[me]; ACQ(next_v[me]) }
		if
		:: n == 0 ->
#ifndef NEXT_KEPT
			d_step { next[L] = 0; RLX(next_v[L]) }
#endif
			atomic {
				if
				:: tail == me -> tail = L; ACQ_REL(tail_v); goto got
				:: else
				fi
			}
			atomic { next[me] != 0; n = next[me]; ACQ(next_v[me]) }
		:: else
		fi;
		d_step { next[L] = n; RLX(next_v[L]) }
got:		skip;
		in_order();
		section();
		d_step { n = next[L]; ACQ(next_v[L]) }
		if
		:: n == 0 ->
			atomic {
				if
				:: tail == L -> tail = 0; ACQ_REL(tail_v); goto again
				:: else
				fi
			}
			atomic { next[L] != 0; n = next[L]; ACQ(next_v[L]) }
		:: else
		fi;
#ifdef RELAXED
		d_step { waits[n] = 0; RLX(waits_v[n]) }
#else
		d_step { waits[n] = 0; REL(waits_v[n]) }
#endif
again:		skip
	:: else -> break
	od
}
