"""The command line, thin: parse, call, present. One file a sub-command, loaded when it is called.

A sub-command's module has `configure(parser)`, which adds its arguments, and `run(arguments)`,
which carries it out and returns the exit status (design 7).
"""
