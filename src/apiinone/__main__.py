"""`apiinone` and `python -m apiinone`."""

import sys

from apiinone.cli.program import run


def main() -> None:
    """Run the command line and end with its status: 0 done, 1 refused or something is wrong, 2 not understood."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
