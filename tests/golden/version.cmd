"$CONCBENCH" --version | head -1
"$CONCBENCH" version | head -1
