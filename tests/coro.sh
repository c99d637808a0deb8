# coro.sh - for runs of `coro`: records without times, PIDs, metrics and machine.
told() {
	grep -v "	metric	" | cut -f4- |
		sed -E 's/x86_64|aarch64/NATIVE/; s/	seed=[0-9]+//; s/ns=[0-9]+/ns=N/; s/port=[0-9]+/port=P/' |
		sed -E 's/(summary.* in ).*/\1.../; s/(connections, ).*/\1.../'
}
