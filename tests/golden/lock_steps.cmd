# Told step by step: waits, timeouts, a round that fails. One worker is certain.
. "$TESTS/lib.sh"
"$CONCBENCH" lock -n 1 -i 2 --seed 1 | by_role
"$CONCBENCH" lock -i 3 --fail-at 2 | outcome
"$CONCBENCH" lock -i 10 --hold 50ms | cut -f5 | grep -x wait | sort -u
"$CONCBENCH" lock -i 10 --hold 100ms --acquire-timeout 10ms >out
echo "= $?"
cut -f5 out | grep -x timed_out | sort -u
"$CONCBENCH" lock -k ticket,mcs -i 10 --hold 100ms --acquire-timeout 10ms >out
echo "= $?"
cut -f4,5 out | grep timed_out | sed 's/-[12]	/	/' | sort -u
"$CONCBENCH" lock -i 20 --hold 50ms --try >out
echo "= $?"
cut -f5 out | grep -x busy | sort -u
rm out
