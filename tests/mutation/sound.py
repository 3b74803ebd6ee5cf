"""`python -m tests.mutation.sound`: the command `finesse-chaos`, left so that coverage can write what it saw."""

import sys

from chaos.commands.main import status_of

if __name__ == "__main__":
    sys.exit(status_of(sys.argv[1:]))
