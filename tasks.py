#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The project's tasks. `python3 tasks.py TASK` needs nothing but Python; `--list` names them."""

import sys
from pathlib import Path

from tools import bootstrap, errors

if __name__ == "__main__":
    try:
        bootstrap.enter(Path(__file__).resolve(), sys.argv[1:])
    except errors.ToolError as error:
        sys.exit(errors.report(error))
    except KeyboardInterrupt:
        sys.exit(130)
    from tools import program

    program.run(sys.argv[1:])

from tools.program import task  # invoke itself is only in .venv


@task()
def lint(_context: object) -> None:
    """Check the format, types and common mistakes of all C and Python code."""
