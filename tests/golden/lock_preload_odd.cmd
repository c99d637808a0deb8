# What is hard for a library that stands between: a malloc() of the program's own that
# takes a mutex, many threads that end, a library that is loaded later, programs of the
# system.
. "$TESTS/lib.sh"
cat >odd.c <<'END'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_mutex_t heap = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t late = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t key;
static int ended;

void *__libc_malloc(size_t n);
void __libc_free(void *p);

void *malloc(size_t n)
{
	pthread_mutex_lock(&heap);
	void *p = __libc_malloc(n);
	pthread_mutex_unlock(&heap);
	return p;
}

void free(void *p)
{
	pthread_mutex_lock(&heap);
	__libc_free(p);
	pthread_mutex_unlock(&heap);
}

static void at_end(void *p)
{
	pthread_mutex_lock(&late);
	ended++;
	pthread_mutex_unlock(&late);
	free(p);
}

static void *body(void *arg)
{
	pthread_setspecific(key, malloc(8));
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t t[2];

	pthread_key_create(&key, at_end);
	for (int i = 0; i < 500; i++) {
		for (int k = 0; k < 2; k++)
			pthread_create(&t[k], NULL, body, NULL);
		for (int k = 0; k < 2; k++)
			pthread_join(t[k], NULL);
	}
	void *library = dlopen(argv[argc - 1], RTLD_NOW);
	int (*bump)(void) = (int (*)(void))dlsym(library, "bump");
	int first = bump();
	printf("%d threads, %d and %d\n", ended, first, bump());
	dlclose(library);
	return 0;
}
END
cat >lib.c <<'END'
#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int x;

int bump(void)
{
	pthread_mutex_lock(&mutex);
	int now = ++x;
	pthread_mutex_unlock(&mutex);
	return now;
}

__attribute__((constructor)) static void begin(void)
{
	bump();
}
END
cc -O1 -g -fPIC -shared -o lib.so lib.c || exit
cc -O1 -g -pthread -o odd odd.c -ldl || exit
for kind in mutex futex mcs clh mcspark parking; do
	"$CONCBENCH" lock --preload -v -k $kind -- ./odd ./lib.so 2>err
	echo "= $kind $?"
	cut -f5- err | grep 'table=mutex_places' | grep -o 'mutex=[a-z_]*' | sort | tr '\n' ' '
	echo
done
seq 60000 | sed 's/\(.*\)\(.\)/\2\1/' >lines
LC_ALL=C sort lines >sorted
cat >threads.py <<'END'
import queue, threading
q, lock, n = queue.Queue(), threading.Lock(), [0]
def work():
    for _ in range(500):
        with lock:
            n[0] += 1
        q.put(1)
threads = [threading.Thread(target=work) for _ in range(4)]
for t in threads: t.start()
for t in threads: t.join()
print(n[0], q.qsize())
END
for kind in mutex mcs futex; do
	LC_ALL=C "$CONCBENCH" lock --preload -k $kind -- sort --parallel=4 -S 1M lines 2>/dev/null |
		cmp - sorted && echo sorted
	"$CONCBENCH" lock --preload -k $kind -- python3 -B threads.py 2>/dev/null
done
rm -f -- *
