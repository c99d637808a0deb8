# Real work: checksums of a tree, the same as sha256sum gives alone, in order.
(cd "$TESTS" && find . -name '*.py' | sort) >names
(cd "$TESTS" && xargs sha256sum) <names >want
(cd "$TESTS" && "$CONCBENCH" pool -n 4 -q -- sha256sum {}) <names >got 2>err
echo "= $?"
cmp want got && echo same
rm names want got err
