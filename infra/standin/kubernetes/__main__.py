"""`python -m infra.standin.kubernetes ENGINE_ADDRESS`: serve until the engine ends us."""

import sys

from infra.standin.kubernetes.server import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
