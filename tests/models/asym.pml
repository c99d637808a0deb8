/*
 * asym.pml - core/lock/asym.c on processors that buffer their stores: the release puts
 * held = 0 into a buffer, which goes to memory at any later time, at the latest before
 * the next locked instruction of that processor, or when another calls membarrier().
 * Bugs: NO_MEMBARRIER FORGETS_OTHERS
 * Ways: SYMMETRIC
 *
 * SYMMETRIC: between processes: a release by a locked instruction, and nobody spins.
 * FORGETS_OTHERS: who has slept does not say that others may sleep.
 */
#include "order.h"

byte held, held_v, parked, spinner;
bool buffered[N]; /* held = 0 is on its way */
byte buffered_v[N];

#define drained() !buffered[_pid]

inline flush(i)
{
	if
	:: buffered[i] -> buffered[i] = 0; held = 0; held_v = buffered_v[i]
	:: else
	fi
}

inline membarrier()
{
	d_step { flush(0); flush(1); flush(2) }
}

/* The compare-and-swap of held: a locked instruction. */
inline take(ok)
{
	atomic {
		drained();
		if
		:: held == 0 -> held = 1; ACQ(held_v); ok = true
		:: else -> ok = false
		fi
	}
}

active [N] proctype contender()
{
	byte r;
	bool ok, slept;

	do
	:: r < ROUNDS ->
		r++;
		slept = false;
		take(ok);
		do
		:: ok -> break
		:: else ->
#ifdef SYMMETRIC
			take(ok); /* any number of looks, then */
			if
			:: ok -> break
			:: else
			fi;
#else
			if
			:: atomic { drained() && spinner == 0 -> spinner = 1 }
				take(ok); /* any number of looks, then */
				spinner = 0;
				if
				:: ok -> break
				:: else
				fi
			:: spinner != 0 /* another is awake */
			fi;
#endif
			atomic { drained(); parked = 1 }
#if !defined(NO_MEMBARRIER) && !defined(SYMMETRIC)
			membarrier();
#endif
			take(ok);
			if
			:: ok -> break
			:: else
			fi;
			futex_wait(parked == 1);
			slept = true;
			take(ok)
		od;
#ifndef FORGETS_OTHERS
		if
		:: slept -> parked = 1
		:: else
		fi;
#endif
		skip;
		section();
#ifdef SYMMETRIC
		d_step { held = 0; held_v = view[_pid] }
#else
		d_step { buffered[_pid] = 1; buffered_v[_pid] = view[_pid] }
#endif
		if
		:: parked == 0
		:: parked != 0 && spinner != 0
		:: parked != 0 && spinner == 0 ->
			parked = 0;
			/* A system call: what was buffered may be on its way yet. */
			atomic {
				if
				:: asleep[0] -> asleep[0] = 0
				:: asleep[1] -> asleep[1] = 0
				:: asleep[2] -> asleep[2] = 0
				:: else
				fi
			}
		fi
	:: else -> break
	od
}

active proctype buffers()
{
end:	do
	:: d_step { buffered[0] -> flush(0) }
	:: d_step { buffered[1] -> flush(1) }
	:: d_step { buffered[2] -> flush(2) }
	od
}
