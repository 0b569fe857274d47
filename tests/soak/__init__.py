"""`keepalive live` watches many scenarios of the lab for as long as wished; what it tells is held against
what the sockets and kernels there said. As root: `python -m tests.soak --minutes 10`.
"""
