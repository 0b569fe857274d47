"""Speed and memory of the project beside other tools, measured on captures made here.

`generate` writes a large capture of plausible TCP traffic and says what is in it;
`compare` times this project and its peers on such captures, one beside the other.
Nothing here imports the package `analyzer`: what is measured is the command.
"""
