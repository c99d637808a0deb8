. "$TESTS/lib.sh"
for demo in stdio locked-thread zombie; do
	"$CONCBENCH" fork --demo $demo | cut -f4- | grep -v '^main	fork	' |
		sed -E 's/	seed=.*//; s/[0-9]{2,}( had|, then| ended|;)/PID\1/g; s/(parent|then|of|by) [0-9]{2,}/\1 PID/g; s/(zombie: )[0-9]+/\1PID/'
done
run fork --demo stdio -n 2 2>&1
run fork --demo nosuch 2>&1
