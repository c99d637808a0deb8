# What `make install` installs is there and well-formed.
"$CONCBENCH" man | sed -n 1p | cut -c1-13
"$CONCBENCH" man | grep -c '^\.SH NAME'
"$CONCBENCH" completion bash | bash -n && echo bash
"$CONCBENCH" completion zsh | grep -c '^#compdef concbench'
"$CONCBENCH" completion fish | grep 'complete -c concbench' >fish && echo fish
rm fish
