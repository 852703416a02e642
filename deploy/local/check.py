"""`make check`: everything that can be said of the code without running the shop. Each step runs, whatever failed before."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from deploy.local.environment import ROOT
from deploy.local.supervisor import say

BIN = Path(sys.executable).parent

# Complete and harmless: settings must load, nothing is connected to. As in production, so that `check --deploy` means it.
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "shop.settings",
    "SECRET_KEY": "Zm9yIGNoZWNrcyBvbmx5LCA2NCBjaGFyYWN0ZXJzIGxvbmcsIG5ldmVyIHNlcnZlZC4",
    "DATABASE_URL": "postgresql://boutique_app@127.0.0.1:1/boutique",
    "DATABASE_OWNER_URL": "postgresql://boutique_owner@127.0.0.1:1/boutique",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SITE_URL": "https://boutique.example",
    "STRIPE_SECRET_KEY": "sk_test_checks_only",
    "STRIPE_WEBHOOK_SECRET": "whsec_checks_only",
    "EMAIL_URL": "submission://user:password@127.0.0.1:1",
    "DEFAULT_FROM_EMAIL": "Boutique <abonnements@boutique.example>",
    "PUBLISHER_FILE": str(ROOT / "deploy" / "publisher.toml"),
}

PYTHON = sys.executable
STEPS: tuple[tuple[str, list[str]], ...] = (
    ("format", [PYTHON, "-m", "ruff", "format", "--check", "--output-format=concise", "."]),
    ("lint", [PYTHON, "-m", "ruff", "check", "--output-format=concise", "."]),
    ("types", [PYTHON, "-m", "mypy"]),
    ("imports", [str(BIN / "lint-imports"), "--no-cache"]),
    # No database is asked: the history of one machine says nothing of the code.
    ("migrations", [PYTHON, "-W", "ignore::RuntimeWarning", "manage.py", "makemigrations", "--check", "--dry-run"]),
    ("deploy", [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]),
    ("templates", [PYTHON, "-m", "djlint", "--lint", "--quiet", "templates"]),
    ("translations", [PYTHON, "-m", "deploy.local.translations", "--check"]),
    ("locks", [PYTHON, "-m", "deploy.local.locks"]),
)


def main(environment: Mapping[str, str]) -> int:
    """Run every step; prints a line each, the output of those that fail, and returns the exit code."""
    failed = []
    with tempfile.TemporaryDirectory() as static:
        known = dict(environment) | SETTINGS | {"STATIC_ROOT": static}
        for name, command in STEPS:
            begun = time.monotonic()
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=known,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            say(f"{name:<13}{'ok' if done.returncode == 0 else 'FAILED'}  ({time.monotonic() - begun:.1f} s)")
            if done.returncode:
                failed.append(name)
                say("\n".join(f"    {line}" for line in done.stdout.rstrip().splitlines()))
    say(f"Failed: {', '.join(failed)}." if failed else "All checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
