# Piped, every line comes once, and each has its five fields.
"$CONCBENCH" fork -n 5 >out
sort out | uniq -d
awk -F '\t' 'NF < 5 || $1 !~ /^[0-9.]+$/' out
"$CONCBENCH" pool -n 5 -t 20 -w echo >out
sort out | uniq -d
awk -F '\t' 'NF < 5 || $1 !~ /^[0-9.]+$/' out
rm out
