# redis.sh - for runs that need a Redis or Valkey server: redis_start, redis_end, and
# between them $url, redis_kill, redis_again, redis COMMAND... Sourced.
# shellcheck shell=sh

for redis_server in redis-server valkey-server none; do
	command -v $redis_server >/dev/null && break
done
redis_cli=${redis_server%-server}-cli
if [ $redis_server = none ] || ! command -v "$redis_cli" >/dev/null; then
	echo "needs redis-server" >&2
	exit 77
fi
$CONCBENCH dist worker --engine redis://127.0.0.1:1 --reconnect 1ms -q >/dev/null 2>&1
if [ $? -eq 77 ]; then
	echo "needs libhiredis-dev" >&2
	exit 77
fi

redis() {
	"$redis_cli" -p "$redis_port" --no-auth-warning "$@"
}

# Runs the server on its port and folder; fails when it cannot.
redis_again() {
	$redis_server --port "$redis_port" --bind 127.0.0.1 --dir "$redis_dir" --save '' \
		--appendonly yes --logfile log "$@" >/dev/null 2>&1 &
	redis_pid=$!
	until redis ping >/dev/null 2>&1; do
		kill -0 $redis_pid 2>/dev/null || return 1
		sleep 0.02
	done
}

redis_start() {
	redis_dir=$(mktemp -d)
	until
		redis_port=$(/usr/bin/python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
		redis_again "$@"
	do :; done
	url=redis://127.0.0.1:$redis_port
}

redis_kill() {
	kill -9 $redis_pid
	wait $redis_pid 2>/dev/null
}

redis_end() {
	redis_kill
	rm -rf "$redis_dir"
}

# A worker that waits for its run and for tasks. Only as `worker ... &` or in brackets.
worker() {
	exec $CONCBENCH dist worker --engine "$url" --reconnect 1h --idle 1h -q "$@"
}

# Waits for a condition: until_true COMMAND...
until_true() {
	until "$@" >/dev/null 2>&1; do sleep 0.02; done
}

# A stream of run $1 has at least $3 entries: has monday r 10.
has() {
	[ "$(redis xlen "concbench:{$1}:$2")" -ge "$3" ]
}

# Workers of run $1 have at least $2 tasks in hand.
hold() {
	[ "$(redis xpending "concbench:{$1}:t" g | head -n 1)" -ge "$2" ]
}

# The first task in hand of run $1 was handed out $2 times, or given up after that.
handed_out() {
	[ "$(redis xpending "concbench:{$1}:t" g - + 1 | tail -n 1)" = "$2" ] ||
		has "$1" d 1
}

# Kills process $1 by SIGKILL when workers of run $2 hold $3 tasks; says how it ended.
kill_holding() {
	until_true hold "$2" "$3"
	kill -9 "$1"
	wait "$1" 2>/dev/null
	echo "killed: $?"
}

# What a saved result says: said FILE.
said() {
	/usr/bin/python3 - "$1" <<'X'
import json, sys
d = json.load(open(sys.argv[1]))
for c in d["checks"]:
    print(("passed" if c["passed"] else "FAILED") + ": " + c["name"] + ": " + c["detail"])
X
}
