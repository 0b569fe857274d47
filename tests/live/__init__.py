"""`keepalive live` end to end: real connections of real kernels, told in every form at once."""
