"$CONCBENCH" --version | sed -n 1p
"$CONCBENCH" version | sed -n 1p
