"""Whatever the environment may say is said where the shop is set up."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(r"\benv(?:\.[a-z_]+)?\(\s*\"([A-Z][A-Z_]+)\"")
#: For tests and the demo only, or set by deploy/ itself: nobody sets them in production.
NOT_OURS_TO_SET = {
    "DATABASE_POOL", "DEBUG", "DEMO", "STRIPE_API_BASE", "STRIPE_HTTP_CLIENT",
}  # fmt: skip


def test_each_setting_is_said():
    read = set(READ.findall((ROOT / "shop" / "settings.py").read_text()))
    assert len(read) > 50
    pages = [ROOT / "docs" / "production.md", ROOT / "deploy" / "production" / "environment.example"]
    said = set(re.findall(r"\b[A-Z][A-Z_]+\b", "\n".join(page.read_text() for page in pages)))
    assert sorted(read - said - NOT_OURS_TO_SET) == []
