"""A sentence without French, or with other placeholders in it, is found before a reader finds it."""

from __future__ import annotations

import polib
import pytest

from deploy.local import translations


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    (tmp_path / "shop").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "shop" / "views.py").write_text(
        "_('Your order')\nngettext('%(n)s copy', '%(n)s copies', n)\npgettext('post', 'Issue')\n_(name)\n"
    )
    (tmp_path / "templates" / "page.html").write_text(
        "{% load i18n %}{% translate 'Your order' %}{% blocktranslate trimmed %}\n  Pay {{ total }}\n{% endblocktranslate %}"
    )
    return tmp_path / "shop" / "locale" / "fr" / "LC_MESSAGES" / "django.po"


def translate(path, **french):
    catalogue = polib.pofile(str(path))
    for entry in catalogue:
        if entry.msgid_plural:
            entry.msgstr_plural = {0: "%(n)s exemplaire", 1: "%(n)s exemplaires"}
        else:
            entry.msgstr = french[entry.msgid.split()[0]]
    catalogue.save()


def test_collected_translated_checked(project):
    assert list(translations.troubles(project)) == [
        "shop/locale/fr/LC_MESSAGES/django.po does not exist: make messages."
    ]
    translations.collect(project)
    assert [(entry.msgctxt, entry.msgid) for entry in polib.pofile(str(project))] == [
        (None, "%(n)s copy"),
        ("post", "Issue"),
        (None, "Pay %(total)s"),
        (None, "Your order"),
    ]
    assert list(translations.troubles(project)) == [
        "no French: '%(n)s copy'", "no French: 'Issue'", "no French: 'Pay %(total)s'", "no French: 'Your order'",
    ]  # fmt: skip
    translate(project, Issue="Numéro", Pay="Payer %(total)s", Your="Votre commande")
    assert list(translations.troubles(project)) == [
        "shop/locale/fr/LC_MESSAGES/django.mo is older than the catalogue: make messages."
    ]
    translations.collect(project)
    assert list(translations.troubles(project)) == []


def test_a_lost_placeholder_and_a_new_sentence_are_seen(project):
    translations.collect(project)
    translate(project, Issue="Numéro", Pay="Payer %(somme)s", Your="Votre commande")
    translations.collect(project)
    assert list(translations.troubles(project)) == ["other placeholders in French: 'Pay %(total)s'"]
    (project.parents[3] / "new.py").write_text("_('Hello')\n")
    assert "shop/new.py:1: not collected (make messages): 'Hello'" in list(translations.troubles(project))
