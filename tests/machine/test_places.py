"""Data and sockets find a place that PostgreSQL can reach, and none is left behind."""

from __future__ import annotations

import os
import shutil
import stat

import pytest

from deploy.local import places as module
from deploy.local.places import SOCKET_LIMIT, SOCKET_ROOM, forget, forget_abandoned, prepare

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root needs a second user")
user_only = pytest.mark.skipif(os.geteuid() == 0, reason="root keeps its sockets elsewhere")


def test_sockets_fit_and_are_closed_to_others(tmp_path):
    deep = tmp_path / ("a" * 60) / ("b" * 60)
    there = prepare(deep)
    try:
        assert len(os.fsencode(there.sockets)) + SOCKET_ROOM <= SOCKET_LIMIT
        assert stat.S_IMODE(there.sockets.stat().st_mode) == 0o700
        assert prepare(deep) == there
    finally:
        forget(deep)
    assert not there.sockets.exists()
    assert not deep.exists()


@root_only
def test_as_root_the_clone_stays_closed_and_the_data_is_another_users(tmp_path):
    clone = tmp_path / "clone"
    clone.mkdir(mode=0o700)
    there = prepare(clone / ".boutique")
    try:
        assert stat.S_IMODE(clone.stat().st_mode) == 0o700
        assert tmp_path not in there.postgres.parents
        assert there.postgres.stat().st_uid == there.postgres_user.pw_uid != 0
        assert stat.S_IMODE(there.postgres.stat().st_mode) == 0o700
    finally:
        forget(clone / ".boutique")
    assert not there.postgres.parent.exists()


@root_only
def test_as_root_data_of_a_deleted_clone_is_not_found_by_its_successor_and_goes(tmp_path):
    home = tmp_path / ".boutique"
    first = prepare(home)
    shutil.rmtree(home)
    second = prepare(home)
    try:
        assert second.postgres != first.postgres
        assert first.postgres.parent in forget_abandoned()
        assert not first.postgres.exists()
        assert second.postgres.exists()
    finally:
        forget(home)


@user_only
def test_a_socket_folder_of_somebody_else_is_refused(tmp_path, monkeypatch):
    home = tmp_path / "home"
    (home / "run").mkdir(parents=True)
    (home / "run").chmod(0o777)
    with pytest.raises(module.Trouble, match="belongs to somebody else"):
        prepare(home)
