"""A master as people write it with multiprocessing.managers: nothing of ours in it."""
import multiprocessing
import queue
import sys
from multiprocessing.managers import BaseManager

tasks = queue.Queue()
results = queue.Queue()


class QueueManager(BaseManager):
    pass


def get_task_queue():
    return tasks


def get_result_queue():
    return results


QueueManager.register("get_task_queue", callable=get_task_queue)
QueueManager.register("get_result_queue", callable=get_result_queue)

if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    m = QueueManager(address=("127.0.0.1", 0), authkey=open(sys.argv[1], "rb").read().strip())
    m.start()
    print("listen\taddress=%s:%d" % m.address, flush=True)
    task = m.get_task_queue()
    result = m.get_result_queue()
    for i in range(10):
        task.put(i * 1000)
    right = 0
    for i in range(10):
        a, b, c = result.get(timeout=60).replace("*", "=").split("=")
        right += int(a) == int(b) and int(a) * int(b) == int(c)
    print("master exit, %d squares are right" % right)
    m.shutdown()
