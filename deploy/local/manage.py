"""`make shell`: a management command in the demo that runs here, or ran last: `python -m deploy.local.manage COMMAND…`."""

from __future__ import annotations

import os
import sys

from deploy.local.environment import ROOT, saved
from deploy.local.trouble import Trouble


def main() -> None:
    """Become `manage.py` with the demo's environment."""
    try:
        environment = saved()
    except Trouble as trouble:
        sys.exit(str(trouble))
    os.chdir(ROOT)
    os.execve(sys.executable, [sys.executable, "manage.py", *sys.argv[1:]], dict(os.environ) | environment)  # noqa: S606


if __name__ == "__main__":
    main()
