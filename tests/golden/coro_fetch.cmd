# Downloads from a server that redirects, resets, stalls, lies about lengths.
#: may-skip
"$CONCBENCH" coro fetch none: >none
[ $? -ne 77 ] || { rm none; exit 77; }
rm none
. "$TESTS/coro.sh"
python3 "$TESTS/fetch_server.py" port &
while ! [ -s port ]; do sleep 0.02; done
u=http://127.0.0.1:$(cat port)
"$CONCBENCH" coro fetch "$u/hello" "$u/big" "$u/redirect" "$u/loop" "$u/missing" \
	"$u/reset" "$u/garbage" "$u/short" "$u/stall" "$u/trickle" --url-timeout 6s >out
echo "= $?"
sed "s|$u|URL|g" out | told | grep -v -e 'get	' -e 'progress	' |
	sed -E 's/after [0-9]+/after N/; s/with [0-9]+ out/with N out/' | LC_ALL=C sort
python3 -c "import urllib.request as r; r.urlopen('$u/quit').read()"
wait
rm -f port out
