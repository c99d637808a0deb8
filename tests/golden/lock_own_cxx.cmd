#: may-skip
# concbench_lock.h serves C++, too, and std::mutex is a mutex that can be ours.
. "$TESTS/lib.sh"
if ! command -v c++ >/dev/null; then
	echo "needs a C++ compiler" >&2
	exit 77
fi
cat >own.cc <<'END'
#include <atomic>
#include <cerrno>
#include <concbench_lock.h>
#include <new>

namespace
{
struct own {
	std::atomic_flag held = ATOMIC_FLAG_INIT;
};

int init(void *state, bool)
{
	new (state) own;
	return 0;
}

int attempt(void *state, void *)
{
	own *l = static_cast<own *>(state);
	return l->held.test_and_set(std::memory_order_acquire) ? -EBUSY : 0;
}

int acquire(void *state, void *node)
{
	while (attempt(state, node) != 0)
		;
	return 0;
}

int release(void *state, void *)
{
	static_cast<own *>(state)->held.clear(std::memory_order_release);
	return 0;
}
} // namespace

CONCBENCH_LOCK_DEFINE("own", "a flag of C++", "none", 0, sizeof(own), 0, init, acquire,
		      attempt, release, nullptr);
END
cat >prog.cc <<'END'
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

struct late {
	std::mutex mutex;
	int n = 0;
	~late()
	{
		std::lock_guard<std::mutex> hold(mutex);
		std::printf("after main: %d\n", n);
	}
};
static late at_end;

int main()
{
	std::vector<std::mutex> account(600);
	std::vector<long> money(600);
	std::recursive_mutex again;
	std::timed_mutex timed;
	std::mutex mutex;
	std::condition_variable cond;
	std::vector<std::thread> threads;
	bool ready = false, had = true;

	for (unsigned t = 0; t < 3; t++)
		threads.emplace_back([&, t] {
			for (unsigned i = 0; i < 9000; i++) {
				unsigned a = (i * 7 + t) % 600, b = (i * 13 + 5) % 600;
				if (a == b)
					continue;
				std::lock(account[a], account[b]);
				money[a]--;
				money[b]++;
				account[a].unlock();
				account[b].unlock();
				std::mutex mine;
				std::lock_guard<std::mutex> hold(mine);
				std::lock_guard<std::recursive_mutex> one(again), two(again);
				at_end.n++;
			}
		});
	for (auto &t : threads)
		t.join();
	threads.clear();
	long sum = 0;
	for (long m : money)
		sum += m;
	timed.lock();
	std::thread([&] { had = timed.try_lock_for(std::chrono::milliseconds(1)); }).join();
	timed.unlock();
	threads.emplace_back([&] {
		std::unique_lock<std::mutex> hold(mutex);
		cond.wait(hold, [&] { return ready; });
	});
	{
		std::lock_guard<std::mutex> hold(mutex);
		ready = true;
	}
	cond.notify_all();
	threads[0].join();
	std::printf("sum %ld, timed %d\n", sum, had);
}
END
c++ -std=c++11 -O2 -Wall -Wextra -Wpedantic -Werror -I"$TESTS/../include" -fPIC -shared \
	-o own.so own.cc || exit
# ThreadSanitizer does not see how it orders.
if is_tsan; then
	echo own
else
	"$CONCBENCH" lock -k ./own.so >out
	grep -q '	end	verdict=passed' out && echo own
fi
c++ -std=c++11 -O1 -pthread -o prog prog.cc || exit
./prog >plain
cat plain
for kind in mutex futex mcs ./own.so; do
	"$CONCBENCH" lock --preload -v -k $kind -- ./prog >out 2>err
	echo "= $kind $?"
	cmp plain out
	grep -q 'mutex=.*std::.*acquired=' err && echo its names are read
done
grep -o 'acquisitions were of mutexes.*' err
rm -f -- *
