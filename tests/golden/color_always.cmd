"$CONCBENCH" fork -n 1 -f story | grep -c "$(printf '\033')"
"$CONCBENCH" fork -n 1 -f story --color always | grep "$(printf '\033')" >coloured && echo colour
NO_COLOR=1 "$CONCBENCH" fork -n 1 -f story --color always | grep "$(printf '\033')" >coloured && echo colour
rm coloured
