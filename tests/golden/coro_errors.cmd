# What is refused before anything is started.
try() {
	"$CONCBENCH" coro "$@"
	echo "= $?"
}
try
try spwan
try switch --url-timeout 3s
try switch extra
try spawn --stack 1K
try echo -m 100k
try fetch
try switch -k ucontex
