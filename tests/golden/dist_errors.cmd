# What is refused before anything is started.
. "$TESTS/dist.sh"
exec 2>&1
for args in "" "mastr" "master --connect x:1" "worker --bind x:1" "worker -- ls" \
	"master --bind 5000" "master --bind localhost:99999" "worker --connect ::1:5000" \
	"master --shell" "master -t 0" "master --engine gopher://x" "master --run a/b" \
	"master --bind nowhere.invalid:1" "worker --prefetch 0" "master -b" \
	"master -- ::: a"; do
	echo "\$ dist $args"
	case $args in
	"" | mastr) "$CONCBENCH" dist $args ;;
	*) "$CONCBENCH" dist ${args%% *} --authkey-file key ${args#* } ;;
	esac >out 2>err
	rc=$?
	head -n 1 err
	echo "= $rc"
done
rm key out err
