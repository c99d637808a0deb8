. "$TESTS/lib.sh"
schema="$TESTS/../docs/concbench-1.schema.json"
for what in 'thread --detached' 'fork -k fork,clone3' 'pool -k process,thread -n 1,2'; do
	echo "$what"
	"$CONCBENCH" $what -b --rounds 6 --warmup 0 --samples --interval 1ms -f json 2>/dev/null |
		"$TESTS/jsoncheck" --schema "$schema"
	for format in csv markdown benchfmt gbench junit tap openmetrics hgrm text; do
		"$CONCBENCH" $what -b --rounds 6 --warmup 0 -f $format >out 2>/dev/null
		echo "$format $? $([ -s out ] && echo some)"
		case $format in
		gbench) "$TESTS/jsoncheck" <out ;;
		junit) python3 -c 'import sys, xml.dom.minidom as m; m.parse("out"); print("valid")' ;;
		tap) prove -e cat out >proved 2>&1 && echo valid || cat proved; rm -f proved ;;
		csv) awk -F, 'NF != 24 { bad = 1 } END { print bad ? "ragged" : "valid" }' out ;;
		openmetrics) tail -n 1 out ;;
		esac
		rm out
	done
done
run process -b 2>&1 | sed "s,(measured.*,,"
run thread --time 3s 2>&1
run thread -b --time 1ms --detached 2>&1
run pool -b --rate 100 2>&1
run pool -b -- true 2>&1
echo 'skipped and unmeasured options'
run thread -b --rounds 5 2>&1
run thread -b --precision 0 2>&1
