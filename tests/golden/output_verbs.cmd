# A full disk, a reader that is gone, a closed standard output: every verb says so in one
# line and ends with status 3.
"$CONCBENCH" tls -b -k c11 --rounds 6 --warmup 0 -q -o json:a.json >/dev/null
echo 'fork: fork -n 1' >suite

# said VERB: what standard error said besides warnings, without what is always there.
said() {
	grep -v ': warning: ' err | sed "s/^concbench: $1: standard output//"
}
try() {
	"$CONCBENCH" "$@" >/dev/full 2>err; echo "  $?$(said "$1")"
	{ while [ ! -e gone ]; do :; done
	  "$CONCBENCH" "$@" 2>err; echo "$?" >status; } | { exec <&-; : >gone; }
	echo "  $(cat status)$(said "$1")"
	"$CONCBENCH" "$@" 2>err >&-; echo "  $?$(said "$1")"
	rm gone status err
}
while read -r words; do
	echo "$words"
	try $words
done <<END
compare a.json a.json
compare -f markdown a.json a.json
compare -f json a.json a.json
compare -f junit a.json a.json
check suite
check -f tap suite
report a.json
report a.json -f json
ab --rounds 6 -- true true
doctor
doctor -f json
list
list formats
help
help lock
version
man
completion bash
lock -k list
lock --help
fork -n 1
verify -k mutex
END
rm a.json suite
