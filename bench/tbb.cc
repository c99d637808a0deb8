/*
 * tbb.cc - oneTBB: task_group::run() a task, task_group::wait() for all.
 *
 * In oneTBB the thread that waits runs tasks, too. --submitter 1 (the default) gives
 * it a place beside the workers: 2 workers and the submitter, three threads as in
 * the other pools. --submitter 0 counts it as one of the workers: two in all.
 */
#include "bench/peer.h"

#include <memory>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>
#include <tbb/version.h>

static std::unique_ptr<tbb::global_control> limit;
static std::unique_ptr<tbb::task_arena> arena;
static std::unique_ptr<tbb::task_group> group;

static const char *
version(void)
{
	return TBB_runtime_version();
}

static int
init(const struct peer_args *args)
{
	int threads = args->workers + (args->option != 0 ? 1 : 0);

	limit = std::make_unique<tbb::global_control>(
		tbb::global_control::max_allowed_parallelism,
		static_cast<size_t>(threads));
	arena = std::make_unique<tbb::task_arena>(threads, 1);
	arena->initialize();
	group = std::make_unique<tbb::task_group>();
	return threads;
}

static void
batch(uint64_t n, uint64_t iters)
{
	arena->execute([n, iters] {
		for (uint64_t i = 0; i < n; i++)
			group->run([i, iters] { peer_task(i, iters); });
		group->wait();
	});
}

static void
lone(uint64_t number, uint64_t iters)
{
	arena->execute([number, iters] {
		group->run([number, iters] { peer_task(number, iters); });
		group->wait();
	});
}

static void
fini(void)
{
	group.reset();
	arena.reset();
	limit.reset();
}

int
main(int argc, char **argv)
{
	struct peer peer = {};

	peer.name = "tbb";
	peer.option = "--submitter";
	peer.option_value = 1;
	peer.version = version;
	peer.init = init;
	peer.batch = batch;
	peer.lone = lone;
	peer.fini = fini;
	return peer_main(argc, argv, &peer);
}
