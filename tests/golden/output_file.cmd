# A file is written whole or not at all.
. "$TESTS/lib.sh"
exec 2>&1
echo old >r.json
chmod 444 r.json
run fork -n 1 -q -o json:/nonexistent/r.json
run pool -n 0 -o json:r.json
cat r.json
rm -f r.json
