# No byte beyond ASCII under the C locale, and none with --ascii.
for run in 'fork -n 2' 'pool -n 2 -t 3 -w noop' 'pool -n 2 -t 3 -w noop -f story' 'pool --help'; do
	LC_ALL=C "$CONCBENCH" $run --timeline 2>/dev/null | LC_ALL=C grep -n '[^ -~	]'
	LC_ALL=C "$CONCBENCH" $run 2>&1 | LC_ALL=C grep -n '[^ -~	]'
done
LC_ALL=C.UTF-8 "$CONCBENCH" pool -n 2 -t 3 -w noop -f story --ascii | LC_ALL=C grep -n '[^ -~	]'
exit 0
