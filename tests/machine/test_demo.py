"""The demo says in one sentence what stands in its way, and gives each process what it needs and no more."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import demo
from deploy.local.environment import compose, of_stand_in, plan, save, saved
from deploy.local.locks import troubles
from deploy.local.places import prepare
from deploy.local.trouble import Trouble

ROOT = Path(__file__).resolve().parent.parent.parent
DATABASE = ("postgresql://app@%2Frun/boutique", "postgresql://owner@%2Frun/boutique")


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "deploy.local.demo", *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_by_itself_everything_is_local_and_nothing_of_the_shell_leaks(tmp_path):
    given = {"PATH": "/bin", "PGPASSWORD": "secret", "PYTHONPATH": "/elsewhere", "DEMO": "0", "LANG": "fr_FR.UTF-8"}
    chosen = plan(given, tmp_path)
    made = compose(given, chosen, database=DATABASE, redis="unix:///run/valkey.sock?db=0")
    assert (made["DATABASE_URL"], made["DATABASE_OWNER_URL"]) == DATABASE
    assert made["SITE_URL"] == "http://127.0.0.1:8000"
    assert made["STRIPE_API_BASE"] == made["STRIPE_CHECKOUT_ORIGIN"] == "http://localhost:8010"
    assert made["STRIPE_SECRET_KEY"].startswith("sk_test_")
    assert made["EMAIL_URL"] == "smtp://127.0.0.1:8026"
    assert (made["DEMO"], made["DEBUG"], made["LANG"]) == ("1", "0", "fr_FR.UTF-8")
    assert made["PYTHONPATH"] == str(ROOT)
    assert "PGPASSWORD" not in made


def test_shop_and_stand_in_share_their_secrets_and_keep_them(tmp_path):
    chosen = plan({}, tmp_path)
    shop = compose({}, chosen, database=DATABASE, redis="unix:///x")
    stripe = of_stand_in({}, chosen)
    assert stripe["STANDIN_KEY"] == shop["STRIPE_SECRET_KEY"]
    assert stripe["STANDIN_WEBHOOK_SECRET"] == shop["STRIPE_WEBHOOK_SECRET"]
    assert stripe["STANDIN_WEBHOOK_URL"] == "http://127.0.0.1:8000/webhooks/stripe/"
    assert compose({}, chosen, database=DATABASE, redis="unix:///x") == shop
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0


def test_what_the_person_points_elsewhere_is_not_started_here(tmp_path):
    given = {
        "DATABASE_URL": "postgresql://app@db/x",
        "DATABASE_OWNER_URL": "postgresql://owner@db/x",
        "REDIS_URL": "redis://cache/0",
        "STRIPE_SECRET_KEY": "sk_test_mine",
        "STRIPE_WEBHOOK_SECRET": "whsec_mine",
        "EMAIL_URL": "submission://mail",
        "SITE_URL": "https://demo.example",
        "PORT": "9001",
    }
    chosen = plan(given, tmp_path)
    assert chosen.ports == {9001: "PORT"}
    assert (chosen.own_database, chosen.own_redis) == (False, False)
    made = compose(
        given, chosen, database=(given["DATABASE_URL"], given["DATABASE_OWNER_URL"]), redis=given["REDIS_URL"]
    )
    for name in set(given) - {"PORT"}:
        assert made[name] == given[name]
    assert "STRIPE_API_BASE" not in made


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"PORT": "http"}, "PORT must be a port number, not 'http'."),
        ({"PORT": "70000"}, "PORT must be a port number, not '70000'."),
        ({"DATABASE_URL": "postgresql://x"}, "DATABASE_URL and DATABASE_OWNER_URL go together"),
    ],
)
def test_a_contradiction_is_said(tmp_path, given, sentence):
    with pytest.raises(Trouble, match=sentence):
        plan(given, tmp_path)


def test_a_busy_port_is_one_sentence_with_a_way_out(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Trouble, match=f"Port {port} cannot be used .*: make demo PORT={port + 100}$"):
            demo._refuse_busy(plan({"PORT": str(port)}, tmp_path))


def test_a_second_instance_is_told_of_the_first(tmp_path):
    first = demo._alone(tmp_path, "http://127.0.0.1:8000")
    with pytest.raises(Trouble, match=r"already runs here \(process \d+\), see http://127.0.0.1:8000"):
        demo._alone(tmp_path, "http://127.0.0.1:8000")
    first.close()
    demo._alone(tmp_path, "http://127.0.0.1:8000").close()


def test_reset_forgets_the_data_and_spares_what_tests_keep(tmp_path, capfd):
    home = tmp_path / "home"
    places = prepare(home)
    (places.postgres / "PG_VERSION").touch()
    (home / "tests").mkdir()
    (home / "logins.txt").touch()
    demo.reset(home)
    assert sorted(path.name for path in home.iterdir()) == ["lock", "tests"]
    assert not places.postgres.exists()
    demo.reset(tmp_path / "never")
    assert capfd.readouterr().out.splitlines()[-1] == "There is nothing to forget."


def test_an_unknown_word_is_refused():
    done = run("--rest")
    assert done.returncode == 2
    assert "unrecognized arguments: --rest" in done.stderr


def test_the_environment_is_kept_closed_for_later_commands(tmp_path):
    with pytest.raises(Trouble, match="never started here"):
        saved(tmp_path)
    save({"SECRET_KEY": "x"}, tmp_path)
    assert saved(tmp_path) == {"SECRET_KEY": "x"}
    assert (tmp_path / "environment.json").stat().st_mode & 0o077 == 0


def test_every_dependency_is_locked_by_hash():
    assert list(troubles()) == []


def test_a_lock_that_names_a_place_or_lacks_a_hash_is_seen(tmp_path):
    (tmp_path / "base.in").write_text("Django>=5\nstripe\n")
    (tmp_path / "base.txt").write_text("--pre\nabc @ file:x\ndjango==5.2 \\\n    --hash=sha256:00\nabc==1\n")
    assert list(troubles(tmp_path)) == [
        "base.txt contains 'file:'.",
        "base.txt contains '@ '.",
        "base.txt sets an option: --pre",
        "base.txt: abc has no hash.",
        "base.txt lacks stripe: make lock.",
    ]
