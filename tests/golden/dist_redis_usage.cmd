#: exit 2
# What is refused before anything is started, whether or not there is an engine.
try() {
	$CONCBENCH dist "$@"
	echo "$?"
}
try master --engine http://h
try master --engine redis://u:geheim@h
try worker --engine redis://h:x
try worker --engine redis://h/1?db=2
try master --engine redis://h --journal j
try master --engine redis://h --authkey-file k
try master --engine redis://h --run 'a b'
$CONCBENCH dist worker --authkey-file k --engine-password-file p
