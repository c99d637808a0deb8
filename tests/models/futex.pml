/*
 * futex.pml - core/lock/futex.c.
 * Bugs: TAKES_AS_ONE RELAXED
 *
 * TAKES_AS_ONE: who has slept takes the lock as if nobody else slept.
 */
#include "order.h"

byte word, word_v;

active [N] proctype contender()
{
	byte r, was;

	do
	:: r < ROUNDS ->
		r++;
		atomic {
			if
			:: word == 0 -> word = 1; ACQ(word_v); goto got
			:: else
			fi
		}
		do
#ifdef TAKES_AS_ONE
		:: atomic { word == 0 -> word = 1; ACQ(word_v); break }
#endif
		:: atomic { was = word; word = 2; ACQ(word_v) }
			if
			:: was == 0 -> break
			:: else -> futex_wait(word == 2)
			fi
		od;
got:		skip;
		section();
#ifdef RELAXED
		d_step { was = word; word = 0 }
#else
		d_step { was = word; word = 0; REL_RMW(word_v) }
#endif
		if
		:: was == 2 ->
			atomic {
				if
				:: asleep[0] -> asleep[0] = 0
				:: asleep[1] -> asleep[1] = 0
				:: asleep[2] -> asleep[2] = 0
				:: else
				fi
			}
		:: else
		fi
	:: else -> break
	od
}
