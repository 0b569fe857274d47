"""`python -m analyzer` is the `keepalive` command."""

import sys

from analyzer.commands.main import main

if __name__ == "__main__":
    sys.exit(main())
