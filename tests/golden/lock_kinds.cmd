# Every kind that is here keeps all updates: between threads, with readers beside the
# writers, with more contenders than CPUs, and between processes where it can.
. "$TESTS/lib.sh"
kinds=$("$CONCBENCH" lock -k list | awk '!/unavailable/ && $1 !~ /^(none|atomic)$/ { print $1 }')
ran=0
for kind in $kinds; do
	# These never give way: a turn may take as long as the scheduler lets one spin.
	case $kind in
	ck_* | spin) n=2 ;;
	*) n=5 ;;
	esac
	"$CONCBENCH" lock -k "$kind" -n $n -i 200 | outcome | grep 'check	' | grep -v passed=true
	"$CONCBENCH" lock -q -k "$kind" -n $n -i 200 --reads 50 --locks 2 --seed 1 -f json |
		grep -E '"passed": false'
	rc=0
	"$CONCBENCH" lock -k "$kind" -n $n -i 200 --between process >out 2>err || rc=$?
	case $rc in
	0) ;;
	*) grep -q 'between processes' err || { echo "$kind: $rc"; cat err; } ;;
	esac
	ran=$((ran + 1))
done
rm -f out err
[ $ran -gt 40 ] || echo "only $ran kinds"
echo done
