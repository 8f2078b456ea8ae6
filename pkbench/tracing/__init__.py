"""Where in the kernel an operation's instructions are, from a trace of each of them."""
