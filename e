concbench: lock: warning: '-k all' leaves out what cannot do this: anderson, ck_anderson, k42, mtx, parking, qspin, rcu; '-k KIND' alone says why
