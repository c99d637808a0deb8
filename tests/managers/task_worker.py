"""A worker as people write it with multiprocessing.managers: nothing of ours in it."""
import queue
import sys
from multiprocessing.managers import BaseManager


class QueueManager(BaseManager):
    pass


QueueManager.register("get_task_queue")
QueueManager.register("get_result_queue")

host, port = sys.argv[1].split(":")
m = QueueManager(address=(host, int(port)), authkey=open(sys.argv[2], "rb").read().strip())
m.connect()
task = m.get_task_queue()
result = m.get_result_queue()
done = 0
while True:
    try:
        n = task.get(timeout=1)
    except queue.Empty:
        break
    result.put("%d * %d = %d" % (n, n, n * n))
    done += 1
print("worker exit, %d tasks" % done)
