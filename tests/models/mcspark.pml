/*
 * mcspark.pml - core/lock_mcspark.h and core/lock/mcspark.c: MCS whose waiters sleep.
 * Bugs: LOST_WAKE
 *
 * LOST_WAKE: the sleeper does not say that it sleeps by compare-and-swap.
 */
#include "order.h"

#define WAITING 0
#define ASLEEP 1
#define GRANTED 2

byte tail, tail_v;
byte next[N], next_v[N], call[N], call_v[N];

active [N] proctype contender()
{
	byte mine, r, before, n, was;

	do
	:: r < ROUNDS ->
		r++;
		next[_pid] = 0;
		d_step { call[_pid] = WAITING; RLX(call_v[_pid]) }
		atomic { before = tail; tail = _pid + 1; ACQ_REL(tail_v); arrive() }
		if
		:: before != 0 ->
			d_step { next[before - 1] = _pid + 1; REL(next_v[before - 1]) }
			if
			:: atomic { call[_pid] == GRANTED; ACQ(call_v[_pid]) }
			:: true ->
#ifdef LOST_WAKE
				was = call[_pid];
				if
				:: was == WAITING -> call[_pid] = ASLEEP
				:: else
				fi;
#else
				atomic {
					if
					:: call[_pid] == WAITING -> call[_pid] = ASLEEP
					:: else
					fi
				}
#endif
				do
				:: atomic { call[_pid] == GRANTED -> ACQ(call_v[_pid]); break }
				:: call[_pid] != GRANTED -> futex_wait(call[_pid] == ASLEEP)
				od
			fi
		:: else
		fi;
		skip;
		in_order();
		section();
		d_step { n = next[_pid]; ACQ(next_v[_pid]) }
		if
		:: n == 0 ->
			atomic {
				if
				:: tail == _pid + 1 -> tail = 0; REL_RMW(tail_v); goto again
				:: else
				fi
			}
			atomic { next[_pid] != 0; n = next[_pid]; ACQ(next_v[_pid]) }
		:: else
		fi;
		d_step { was = call[n - 1]; call[n - 1] = GRANTED; REL_RMW(call_v[n - 1]) }
		if
		:: was == ASLEEP -> asleep[n - 1] = 0
		:: else
		fi;
again:		skip
	:: else -> break
	od
}
