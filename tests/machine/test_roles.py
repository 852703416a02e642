"""The suite serves as the application does: design rule 12 is only worth what the role of the tests is worth."""

from __future__ import annotations

import psycopg
import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import ProgrammingError, connection, connections

from deploy.local.postgres import APPLICATION, OWNER
from tests import servers, template


def test_tests_run_as_the_application_which_owns_nothing(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles"
            " WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (APPLICATION, False, False, False, False)
        cursor.execute("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()")
        assert cursor.fetchone() == (OWNER,)
        cursor.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        assert cursor.fetchall() == [(OWNER,)]
        cursor.execute("SELECT pg_has_role(current_user, %s, 'MEMBER')", [OWNER])
        assert cursor.fetchone() == (False,)


def test_a_refused_statement_leaves_nobody_in_the_servers_log(db):
    for role in (APPLICATION, OWNER):
        with psycopg.connect(servers.url_for(role, servers.database_name())) as one:
            said = [
                one.execute(f"SHOW {name}").fetchone()[0] for name in ("log_min_error_statement", "log_error_verbosity")
            ]
        assert said == ["panic", "terse"]


def test_the_owner_migrates_and_is_no_superuser():
    with psycopg.connect(servers.url_for(OWNER, "postgres")) as owner:
        row = owner.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    assert row == (OWNER, False)


def test_the_application_cannot_change_the_schema(db):
    with pytest.raises(ProgrammingError, match="permission denied for schema public"), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE mine (id int)")


@pytest.mark.parametrize("round_", [1, 2])
def test_real_transactions_leave_no_trace(transactional_db, round_):
    assert not Group.objects.exists()
    Group.objects.create(name="relecteurs")
    assert Group.objects.count() == 1


def test_what_migrations_put_in_comes_back(transactional_db):
    before = set(Permission.objects.values_list("pk", "codename")), set(ContentType.objects.values_list("pk", "model"))
    assert all(before)
    Permission.objects.all().delete()
    template.restore(servers.superuser_url())
    after = set(Permission.objects.values_list("pk", "codename")), set(ContentType.objects.values_list("pk", "model"))
    assert after == before


@pytest.mark.django_db(transaction=True)
def test_evidence_that_even_its_owner_may_not_empty_is_put_back(superuser):
    with psycopg.connect(servers.url_for(OWNER, servers.database_name()), autocommit=True) as owner:
        owner.execute("CREATE TABLE evidence_for_test (id int)")
        try:
            owner.execute(
                "CREATE FUNCTION no_for_test() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'evidence'; END $$"
            )
            owner.execute(
                "CREATE TRIGGER no BEFORE DELETE ON evidence_for_test FOR EACH ROW EXECUTE FUNCTION no_for_test()"
            )
            owner.execute("INSERT INTO evidence_for_test VALUES (1)")
            with pytest.raises(psycopg.errors.RaiseException, match="evidence"):
                owner.execute("DELETE FROM evidence_for_test")
            template.restore(servers.superuser_url())
            assert superuser.execute("SELECT count(*) FROM evidence_for_test").fetchone() == (0,)
        finally:
            owner.execute("DROP TABLE evidence_for_test CASCADE")
            owner.execute("DROP FUNCTION IF EXISTS no_for_test")


def test_each_process_has_its_own_database(db):
    assert connections["default"].settings_dict["NAME"] == servers.database_name()
    assert connections["owner"].settings_dict["NAME"] == servers.database_name()
