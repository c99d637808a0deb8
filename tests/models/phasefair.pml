/*
 * phasefair.pml - core/lock/phasefair.c: two writers, two readers. A reader waits for one
 * writer at most.
 * Bugs: ONE_PHASE RELAXED READER_RELAXED
 *
 * ONE_PHASE: the readers are not told one writer from the next. READER_RELAXED: a reader
 * that leaves does not make the writer wait for its reads.
 */
#define N 4
#define ROUNDS 2
#include "order.h"

#define READER 4
byte rin, rin_v, rout, win, wout, wout_v, readers, written;
byte reads[N], seen[N], rout_saw[N]; /* reads done; that rout, or the last writer, tells */

active [2] proctype writer()
{
	byte mine, r, before, t, i;

	do
	:: r < ROUNDS ->
		r++;
		atomic { t = win; win++; arrive() }
		atomic { wout == t; ACQ(wout_v) }
#ifdef ONE_PHASE
		atomic { before = rin; rin = rin + 2 }
#else
		atomic { before = rin; rin = rin + 2 + (t & 1) }
#endif
		atomic {
			rout == before;
			i = 2;
			do
			:: i < N -> seen[i] = NEWER(seen[i], rout_saw[i]); i++
			:: else -> break
			od
		}
		in_order();
		assert(readers == 0);
		assert(seen[2] == reads[2] && seen[3] == reads[3]);
		section();
		written++;
		d_step { rin = rin - (rin % READER); REL_RMW(rin_v) }
#ifdef RELAXED
		d_step { wout = t + 1; RLX(wout_v) }
#else
		d_step { wout = t + 1; REL(wout_v) }
#endif
	:: else -> break
	od
}

active [2] proctype reader()
{
	byte r, bits, at;

	do
	:: r < ROUNDS ->
		r++;
		atomic {
			bits = rin % READER;
			rin = rin + READER;
			ACQ(rin_v);
			at = written
		}
		if
		:: bits != 0 -> atomic { rin % READER != bits; ACQ(rin_v) }
		:: else
		fi;
		d_step {
			readers++;
			assert(inside == 0);
			assert(view[_pid] == version);
			assert(written - at <= 1)
		}
		d_step { readers--; reads[_pid]++ }
#ifdef READER_RELAXED
		d_step { rout = rout + READER }
#else
		d_step { rout = rout + READER; rout_saw[_pid] = reads[_pid] }
#endif
	:: else -> break
	od
}
