/*
 * lease.pml - core/lock/lease.c. Time is any: the first of the queue may find the tenant
 * away, or the term over, at each look; and so may the tenant.
 * Bugs: TAIL_FIRST FIRST_ALONE CLAIM_LOST RELAXED
 *
 * One comes twice, so it may be the tenant that comes again; the others come once.
 * TAIL_FIRST: who empties the queue frees the tail before the word: a newcomer passes one
 * that waits. FIRST_ALONE: only the first of the queue says that somebody waits. CLAIM_LOST: the
 * release looks for a claim before it takes HELD off, not in the same step.
 */
#include "order.h"

#define HELD 1
#define QUEUED 2
#define CLAIMED 4
#define WAITING 0
#define ASLEEP 1
#define FIRST 2
#define OURS 3

byte word, word_v, tenant, head, tail, tail_v;
byte next[N], next_v[N], call[N], call_v[N];
byte queued; /* who stand in the queue, for all to see */

/* Sleeps while call is `now`. */
inline hear(now)
{
	atomic {
		if
		:: call[_pid] == now -> call[_pid] = ASLEEP
		:: else
		fi
	}
	do
	:: call[_pid] == ASLEEP -> futex_wait(call[_pid] == ASLEEP)
	:: atomic { call[_pid] != ASLEEP -> ACQ(call_v[_pid]); break }
	od
}

inline tell(whom, what)
{
	d_step { was = call[whom - 1]; call[whom - 1] = what; ACQ_REL(call_v[whom - 1]) }
	if
	:: was == ASLEEP -> asleep[whom - 1] = 0
	:: else
	fi
}

inline queue()
{
	next[_pid] = 0;
	d_step { call[_pid] = WAITING; RLX(call_v[_pid]) }
	atomic { before = tail; tail = _pid + 1; ACQ_REL(tail_v); arrive() }
#ifdef FIRST_ALONE
	if
	:: before == 0 -> word = word | QUEUED
	:: else
	fi;
	queued++;
#else
	d_step { word = word | QUEUED; queued++ }
#endif
	if
	:: before == 0 -> call[_pid] = FIRST
	:: else ->
		d_step { next[before - 1] = _pid + 1; REL(next_v[before - 1]) }
		hear(WAITING)
	fi
}

inline front()
{
	do
	:: atomic { (word & HELD) == 0 -> word = word | HELD; ACQ(word_v); break }
	:: (word & HELD) != 0 ->
		head = _pid + 1;
		atomic {
			if
			:: (word & HELD) != 0 -> word = word | CLAIMED; REL_RMW(word_v)
			:: else -> goto look
			fi
		}
		hear(FIRST);
		assert(call[_pid] == OURS);
		break;
look:		skip
	od
}

inline leave()
{
	d_step { n = next[_pid]; ACQ(next_v[_pid]) }
	if
	:: n == 0 ->
#ifdef TAIL_FIRST
		atomic {
			if
			:: tail == _pid + 1 -> tail = 0; ACQ_REL(tail_v); n = 0
			:: else -> n = N + 1
			fi
		}
		if
		:: n == 0 -> word = word & ~QUEUED; goto left
		:: else
		fi;
#else
		word = word & ~QUEUED;
		atomic {
			if
			:: tail == _pid + 1 -> tail = 0; ACQ_REL(tail_v); goto left
			:: else
			fi
		}
		word = word | QUEUED;
#endif
		atomic { next[_pid] != 0; n = next[_pid]; ACQ(next_v[_pid]) }
	:: else
	fi;
	tell(n, FIRST);
left:	n = 0
}

active [N] proctype contender()
{
	byte mine, r, before, n, was, seen;

	do
	:: r < (_pid == 0 -> 2 : 1) ->
		r++;
		atomic {
			if
			:: word == 0 || (word == QUEUED && tenant == _pid + 1) ->
				assert(word == QUEUED || queued == 0);
				word = word | HELD;
				ACQ(word_v);
				goto got
			:: word == QUEUED && tenant == _pid + 1 -> skip /* its term is over */
			:: else
			fi
		}
		queue();
		front();
		skip;
		d_step { queued--; assert(mine == served); served++ }
		leave();
got:		tenant = _pid + 1;
		section();
#ifdef CLAIM_LOST
		seen = word;
		if
		:: (seen & CLAIMED) == 0 ->
			d_step { word = word & ~HELD; REL_RMW(word_v) }
			goto again
		:: else
		fi;
#else
		atomic {
			if
			:: (word & CLAIMED) == 0 ->
				word = word & ~HELD;
#ifndef RELAXED
				REL_RMW(word_v);
#endif
				goto again
			:: else
			fi
		}
#endif
		d_step { word = word & ~CLAIMED; ACQ(word_v) }
		tell(head, OURS);
again:		skip
	:: else -> break
	od
}
