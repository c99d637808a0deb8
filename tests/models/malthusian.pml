/*
 * malthusian.pml - core/lock/malthusian.c: the queue, and the passive set. That waiters
 * sleep is in mcspark.pml.
 * Bugs: NOT_PUT_BACK RELAXED
 *
 * NOT_PUT_BACK: a passive one that could not be made the tail is forgotten.
 */
#define N 4
#define ROUNDS (_pid == 0 -> 2 : 1)
#include "order.h"

byte tail, tail_v;
byte next[N], next_v[N], granted[N], granted_v[N];
byte set[N], size; /* the passive set: the oldest first; under the lock */

inline grant(node)
{
#ifdef RELAXED
	d_step { granted[node - 1] = 1; RLX(granted_v[node - 1]) }
#else
	d_step { granted[node - 1] = 1; REL(granted_v[node - 1]) }
#endif
}

active [N] proctype contender()
{
	byte r, before, n, b, i;

	do
	:: r < ROUNDS ->
		r++;
		d_step { next[_pid] = 0; granted[_pid] = 0 }
		atomic { before = tail; tail = _pid + 1; ACQ_REL(tail_v) }
		if
		:: before != 0 ->
			d_step { next[before - 1] = _pid + 1; REL(next_v[before - 1]) }
			atomic { granted[_pid] == 1; ACQ(granted_v[_pid]) }
		:: else
		fi;
		skip;
		section();
		d_step { n = next[_pid]; ACQ(next_v[_pid]) }
		if
		:: n == 0 && size == 0 ->
			atomic {
				if
				:: tail == _pid + 1 -> tail = 0; REL_RMW(tail_v); goto again
				:: else
				fi
			}
		:: n == 0 && size > 0 ->
			d_step { size--; b = set[size]; next[b - 1] = 0; RLX(next_v[b - 1]) }
			atomic {
				if
				:: tail == _pid + 1 -> tail = b; ACQ_REL(tail_v)
				:: else -> goto back
				fi
			}
			grant(b);
			goto again;
back:			skip;
#ifndef NOT_PUT_BACK
			d_step { set[size] = b; size++ }
#endif
		:: else
		fi;
		if
		:: n == 0 -> atomic { next[_pid] != 0; n = next[_pid]; ACQ(next_v[_pid]) }
		:: else
		fi;
		if
		:: size > 0 -> /* the turn of the oldest */
			d_step {
				b = set[0];
				size--;
				i = 0;
				do
				:: i < size -> set[i] = set[i + 1]; i++
				:: else -> break
				od;
				next[b - 1] = n;
				RLX(next_v[b - 1]);
				i = 0
			}
			n = b
		:: true ->
			d_step { b = next[n - 1]; ACQ(next_v[n - 1]) }
			if
			:: b != 0 -> d_step { set[size] = n; size++; n = b }
			:: else
			fi
		fi;
		grant(n);
again:		skip
	:: else -> break
	od
}
