# dist.sh - for runs of `dist`: `. "$TESTS/dist.sh"`.
#
# A master on a port of its own, its records in FILE and its errors in FILE.err; workers
# against it. Everything is loopback.
umask 077
echo 'a key for the tests' >key

# within SECONDS COMMAND...: until the command succeeds.
within() {
	tries=$(($1 * 20))
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || {
			echo "gave up: $*" >&2
			return 1
		}
		sleep 0.05
	done
}

# seen REGEX FILE
seen() {
	grep -Eq "$1" "$2" 2>/dev/null
}

# master FILE ARG...: starts it ($master is its PID) and waits for its $address.
master() {
	file=$1
	shift
	: >"$file"
	: >"$file.err"
	"$CONCBENCH" dist master --bind 127.0.0.1:0 --authkey-file key "$@" \
		>"$file" 2>"$file.err" </dev/null &
	master=$!
	find_address "$file"
}

# With a COMMAND the records are on standard error.
listens() {
	seen 'listen	address=' "$1" || seen 'listen	address=' "$1.err"
}

find_address() {
	within 60 listens "$1"
	address=$(cat "$1" "$1.err" 2>/dev/null | sed -n 's/.*listen	address=//p')
}

# worker ARG...: in the foreground.
worker() {
	"$CONCBENCH" dist worker --connect "$address" --authkey-file key "$@"
}

# ended PID: its status.
ended() {
	rc=0
	wait "$1" || rc=$?
	echo "= $rc"
}

# The story of a run without times, PIDs, names of hosts and random numbers, role by role:
# what is before what on two machines is known to some microseconds only.
told() {
	grep -Ev '	(metric|send|listen|summary)	' | cut -f4- | sort -s -t '	' -k 1,1 |
		sed -E 's/^[^	]+:[0-9]+	/WORKER	/; s/	seed=[0-9]+//' |
		sed -E 's/=(127[0-9.]*):[0-9]+/=\1:PORT/; s/n=[0-9]+/n=N/; s/square=[0-9]+/square=NN/'
}
