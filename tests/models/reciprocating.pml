/*
 * reciprocating.pml - core/lock/reciprocating.c. Nobody is passed by the same other one
 * more than twice while it waits.
 * Bugs: END_LOST RELAXED
 *
 * END_LOST: the last of a segment does not notice that it is.
 */
#define ROUNDS 3
#include "order.h"

#define EMPTY 255
byte arrivals_top, top_v;	 /* a node is its process + 1; 0: NULL */
byte gate[N], gate_v[N], passed[N * N]; /* passed[i * N + j]: i was passed by j */
bool waits[N];

inline came_in()
{
	d_step {
		waits[_pid] = 0;
		j = 0;
		do
		:: j < N ->
			if
			:: waits[j] -> passed[j * N + _pid]++;
				assert(passed[j * N + _pid] <= 2)
			:: else
			fi;
			passed[_pid * N + j] = 0;
			j++
		:: else -> break
		od;
		j = 0
	}
}

active [N] proctype contender()
{
	byte r, before, end, next, j;

	do
	:: r < ROUNDS ->
		r++;
		d_step { gate[_pid] = 0; RLX(gate_v[_pid]) }
		atomic {
			before = arrivals_top;
			arrivals_top = _pid + 1;
			ACQ_REL(top_v);
			waits[_pid] = 1
		}
		next = 0;
		end = _pid + 1;
		if
		:: before != 0 ->
			atomic { gate[_pid] != 0; end = gate[_pid]; ACQ(gate_v[_pid]) }
			if
#ifdef END_LOST
			:: before == EMPTY -> end = EMPTY
#else
			:: before == EMPTY || before == end -> end = EMPTY
#endif
			:: else -> next = before
			fi
		:: else
		fi;
		came_in();
		section();
		if
		:: next == 0 ->
			atomic {
				if
				:: arrivals_top == end ->
					arrivals_top = 0;
#ifndef RELAXED
					REL_RMW(top_v);
#endif
					goto again
				:: else
				fi
			}
			atomic { next = arrivals_top; arrivals_top = EMPTY; ACQ_REL(top_v) }
		:: else
		fi;
		d_step { gate[next - 1] = end; REL(gate_v[next - 1]) }
again:		skip
	:: else -> break
	od
}
