. "$TESTS/lib.sh"
# What is told goes to standard error; the status is the command's.
exec 2>>err
run subprocess -- echo hello world
cut -f4- err | grep -v '^main	metric	'; : >err
run subprocess -q echo -n 5 --help
run subprocess -q -- sh -c 'echo to stderr >&2; exit 3'
run subprocess -q -- sh -c 'kill -9 $$'
run subprocess -q -- no-such-command
run subprocess -q -- /etc/passwd
run subprocess -q -- /etc
printf '#!/nonexistent/interpreter\n' >script; chmod +x script
run subprocess -q -- ./script
printf 'echo "a script without a first line: $1"\n' >script
run subprocess -q -- ./script x
run subprocess -q --cwd / --env A=1 --env B='x y' -- sh -c 'pwd; echo "$A $B"'
run subprocess -q --cwd /nonexistent -- true
cat err
rm err script
