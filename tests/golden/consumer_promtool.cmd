#: may-skip
# Prometheus reads what a textfile collector would hand it (promtool, of prometheus).
command -v promtool >/dev/null || { echo "needs promtool (prometheus)" >&2; exit 77; }
"$CONCBENCH" pool -b -k thread,process -n 1,2 --rounds 8 --warmup 0 -f openmetrics 2>/dev/null >out.prom
promtool check metrics <out.prom; echo "= $?"
"$CONCBENCH" fork -n 2 -f openmetrics >out.prom
promtool check metrics <out.prom; echo "= $?"
rm out.prom
