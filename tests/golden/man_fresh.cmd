# docs/concbench.1 is what the tables say; `make man` writes it anew.
"$CONCBENCH" man | cmp - "$TESTS/../docs/concbench.1" && echo fresh
