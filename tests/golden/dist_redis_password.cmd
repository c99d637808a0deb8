#: may-skip
# Passwords and rights: one line each, exit 3; never on the command line.
. "$TESTS/redis.sh"
REDISCLI_AUTH=right
export REDISCLI_AUTH
redis_start --requirepass right
redis acl setuser narrow on '>pw' '~other:*' +ping +hget >/dev/null
echo right >good
echo wrong >bad
chmod 600 good bad
try() {
	$CONCBENCH dist "$@" -q 2>&1 >/dev/null | sed "s/:$redis_port/:PORT/g"
}
try master --engine "$url"
try worker --engine "$url" --engine-password-file bad
CONCBENCH_ENGINE_PASSWORD=pw try master --engine "redis://narrow@127.0.0.1:$redis_port"
CONCBENCH_ENGINE_PASSWORD=no try worker --engine "redis://narrow@127.0.0.1:$redis_port"
$CONCBENCH dist worker --engine "$url" --engine-password-file bad -q >/dev/null 2>&1
echo "wrong password: $?"
CONCBENCH_ENGINE_PASSWORD=right
export CONCBENCH_ENGINE_PASSWORD
worker --allow-exec >/dev/null &
unset CONCBENCH_ENGINE_PASSWORD
$CONCBENCH dist master --engine "$url" --engine-password-file good -q -- \
	sh -c 'echo "${CONCBENCH_ENGINE_PASSWORD-no password here}"' {} ::: x 2>/dev/null
echo "right password: $?"
wait $!
chmod 644 good
try master --engine "$url" --engine-password-file good
rm good bad
redis_end
