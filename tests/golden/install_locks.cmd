# What `make install` brings for locks serves where it is put: the header to the
# example's own Makefile, the library to the program beside it.
. "$TESTS/lib.sh"
root=$(cd "$TESTS/.." && pwd)
make -n -C "$root" BUILD="$PWD/b" DESTDIR=/here PREFIX=/usr install 2>&1 |
	grep -oE '^install -m.*(header|[.]h|[.]so).* /here.*' | sed "s,$PWD/,,"
mkdir -p usr/bin usr/lib/concbench usr/include
cp "$CONCBENCH" usr/bin/
cp "$(dirname "$CONCBENCH")/libconcbench_preload.so" usr/lib/concbench/
cp "$root/include/concbench_lock.h" usr/include/
cp "$root"/docs/examples/mylock/mylock.c "$root"/docs/examples/mylock/Makefile .
flags=-O2
! is_tsan || flags="$flags -fsanitize=thread"
make -s CPPFLAGS="-I$PWD/usr/include" CFLAGS="$flags" mylock.so
usr/bin/concbench lock -k ./mylock.so | grep -o 'check	.*lost.*passed=[a-z]*'
usr/bin/concbench lock --preload -k futex -- true 2>&1 | grep -o 'check	.*passed=[a-z]*'
rm -rf -- *
