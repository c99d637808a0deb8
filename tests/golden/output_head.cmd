# The reader goes: the run ends at once, and the story that was cut off is an error.
("$CONCBENCH" pool -n 2 -t 1000 -w sleep:20ms; echo "= $?" >&2) 2>status | head -1 | cut -f4,5
cat status
rm status
