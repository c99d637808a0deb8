#: may-skip
# The reference parser of OpenMetrics (python3-prometheus-client).
python=/usr/bin/python3
"$python" -c 'import prometheus_client' 2>/dev/null ||
	{ echo "needs python3-prometheus-client" >&2; exit 77; }
"$CONCBENCH" pool -b -k thread -n 1,2 --rounds 8 --warmup 0 -f openmetrics 2>/dev/null >out.prom
"$python" - <<'END'
from prometheus_client.openmetrics import parser
families = list(parser.text_string_to_metric_families(open("out.prom").read()))
print("gauges only:", {f.type for f in families} == {"gauge"})
print("unit is the suffix:", all(f.name.endswith("_" + f.unit) for f in families if f.unit))
s = [s for f in families if f.name == "concbench_pool_task_seconds" for s in f.samples]
for x in s:
    print(x.labels["kind"], x.labels["workers"], 0 < x.value < 1)
END
rm out.prom
