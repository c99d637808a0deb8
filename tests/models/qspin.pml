/*
 * qspin.pml - core/lock/qspin.c: the pending one, and the queue behind it.
 * Bugs: HEAD_PASSES TRANSIENT RELAXED
 *
 * HEAD_PASSES: the head of the queue does not wait for the pending one. TRANSIENT: who
 * set the pending bit in vain does not take it off.
 */
#define N 4
#define ROUNDS (_pid == 0 -> 2 : 1)
#include "order.h"

bool held, pending;
byte tail, word_v; /* three parts of one word */
byte next[N], next_v[N], granted[N], granted_v[N];

#ifdef HEAD_PASSES
#define FREE !held
#else
#define FREE (!held && !pending)
#endif

active [N] proctype contender()
{
	byte mine, r, before, n;
	bool was;

	do
	:: r < ROUNDS ->
		r++;
		atomic {
			if
			:: !held && !pending && tail == 0 ->
				held = 1; ACQ(word_v); arrive(); goto got
			:: else
			fi
		}
		if
		:: pending || tail != 0 -> goto queue
		:: else
		fi;
		atomic {
			was = pending;
			before = tail;
			pending = 1;
			if
			:: !was && before == 0 -> arrive()
			:: else
			fi
		}
		if
		:: was -> goto queue
		:: !was && before != 0 ->
#ifndef TRANSIENT
			pending = 0;
#endif
			goto queue
		:: else
		fi;
		atomic { !held; ACQ(word_v) }
		d_step { assert(!held); held = 1; pending = 0 }
		goto got;
queue:		skip;
		d_step { next[_pid] = 0; granted[_pid] = 0; RLX(granted_v[_pid]) }
		atomic { before = tail; tail = _pid + 1; ACQ_REL(word_v); arrive() }
		if
		:: before != 0 ->
			d_step { next[before - 1] = _pid + 1; REL(next_v[before - 1]) }
			atomic { granted[_pid] == 1; ACQ(granted_v[_pid]) }
		:: else
		fi;
		atomic { FREE; ACQ(word_v) }
		atomic {
			if
			:: FREE && tail == _pid + 1 ->
				held = 1; tail = 0; ACQ(word_v); goto got
			:: else
			fi
		}
		held = 1;
		atomic { next[_pid] != 0; n = next[_pid]; ACQ(next_v[_pid]) }
		d_step { granted[n - 1] = 1; REL(granted_v[n - 1]) }
got:		skip;
		in_order();
		section();
#ifdef RELAXED
		held = 0;
#else
		d_step { held = 0; REL_RMW(word_v) }
#endif
	:: else -> break
	od
}
