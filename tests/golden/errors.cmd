. "$TESTS/lib.sh"
exec 2>&1
run pol
run -x
run --hepl
run pool -n 0
run pool -n -1
run pool -n 99999999999
run pool -n 4x
run pool -n ''
run pool -n
run pool -t 1e30
run pool -k nosuch
run pool -k threda
run pool --wokers 3
run pool --workers=
run pool -w nap:3s
run pool --timeout 5x
run pool -q -v
run pool extra
run fork -- ls
run fork -f nosuch
run fork -n 100000
run fork -n 100 --depth 100
run list extra
run list -f jsn
