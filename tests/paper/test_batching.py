"""Batches of letters to post: made whole or not at all, to the byte, posted once, taken back the same day only."""

from __future__ import annotations

import hashlib
import io
from contextlib import suppress
from datetime import date, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import translation
from pypdf import PdfReader

from payments.actors import Actor
from payments.documents import read
from payments.models import Act, DeskItem
from subscriptions.models import Notice, NoticeProof, PostBatch, PostBatchLetter, Recipient
from subscriptions.notices.queueing import NoticeDraft, queue
from subscriptions.paper import batching
from subscriptions.paper.batching import Refused, make_batch, mark_posted, rebuilt, take_out, undo_posting
from tests.letters.every import draft, texts
from tests.letters.people import AT, ON, purchase
from tests.races.crowd import together

STAFF = Actor("staff", "3")
pytestmark = pytest.mark.django_db


@pytest.fixture
def camille():
    """A reader without e-mail who has bought, with the legal texts that go with a contract."""
    texts()
    bought = purchase(automatic=True)
    get_user_model().objects.filter(pk=bought.customer.pk).update(email=None)
    return bought


def on_paper(bought, *, kind: str = "email_changed", matter: str = "1", **facts) -> Notice:
    """A letter to the buyer that waits to be posted."""
    given = facts or {"old_email": "a@example.fr", "new_email": "b@example.fr"}
    one = draft(kind, given, matter=f"{kind}:{matter}", customer_id=bought.customer.pk, to_email="")
    queue([one])
    return Notice.objects.get(matter=one.matter)


def words_of(body: bytes | None) -> list[str]:
    assert body is not None
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(body)).pages]


def made(**given) -> PostBatch:
    batch = make_batch(actor=STAFF, at=AT, **given)
    assert batch is not None
    return batch


class TestMaking:
    def test_a_batch_is_one_file_with_each_letter_on_a_sheet_of_its_own(self, camille):
        first = on_paper(camille, kind="order_confirmation", **camille.facts)
        second = on_paper(camille)
        batch = made()
        assert batch.letters == 2
        lines = list(batch.lines.values_list("place", "notice", "outcome"))
        assert lines == [(1, first.pk, ""), (2, second.pk, "")]
        pages = words_of(read(batch.document_id))
        contract, other = batch.lines.all()
        assert contract.pages == 9  # two of the letter, the invoice, five of the terms of sale, the withdrawal form
        assert batch.pages == len(pages) == contract.pages + contract.pages % 2 + other.pages
        assert "Votre abonnement est confirmé" in pages[0]
        assert "Conditions générales de vente" in pages[1]
        assert "Votre adresse électronique a changé" in pages[contract.pages + contract.pages % 2]
        first.refresh_from_db()
        assert (first.state, first.document_id) == ("printing", contract.document_id)
        sheet = words_of(read(batch.sheet_id))[0]
        assert batch.reference in sheet
        assert "Camille Lenoir" in sheet

    def test_made_again_of_its_letters_it_is_the_same_to_the_byte(self, camille):
        on_paper(camille, kind="order_confirmation", **camille.facts)
        on_paper(camille)
        batch = made()
        again = rebuilt(PostBatch.objects.get(pk=batch.pk))
        assert again is not None
        assert hashlib.sha256(again).hexdigest() == batch.document_id

    def test_nothing_waits_or_twice_at_once(self, camille):
        assert make_batch(actor=STAFF, at=AT) is None
        on_paper(camille)
        made()
        assert make_batch(actor=STAFF, at=AT) is None

    def test_letters_without_an_address_keep_no_others_back(self, camille):
        for number in range(3):
            stranger = get_user_model().objects.create(first_name="Sans", last_name="Adresse", created_at=AT)
            facts = {"old_email": "a", "new_email": "b"}
            queue([draft("email_changed", facts, matter=f"lost{number}", customer_id=stranger.pk, to_email="")])
        last = on_paper(camille)
        assert [line.notice_id for line in made(limit=2).lines.all()] == [last.pk]

    def test_what_is_not_due_yet_does_not_leave(self, camille):
        queue([NoticeDraft(**{**_as_dict(draft("account_erased", {"erased_on": "2027-01-04"})), "to_email": "",
                              "customer_id": camille.customer.pk, "due_at": AT + timedelta(days=1)})])  # fmt: skip
        assert make_batch(actor=STAFF, at=AT) is None

    def test_what_is_no_longer_true_is_withdrawn_and_what_has_no_address_waits_in_sight(self, camille):
        stranger = get_user_model().objects.create(first_name="Sans", last_name="Adresse", created_at=AT)
        lost = draft(
            "email_changed", {"old_email": "a", "new_email": "b"}, matter="lost", customer_id=stranger.pk, to_email=""
        )
        queue([lost])
        [item] = DeskItem.objects.filter(kind="letter_unaddressed")
        assert item.subject == f"notice:{Notice.objects.get(matter='lost').pk}"
        gone = on_paper(camille, kind="renewal_manual", renewal_id=_renewal(camille).pk)
        assert make_batch(actor=STAFF, at=AT) is None
        gone.refresh_from_db()
        assert (gone.state, gone.failure) == ("withdrawn", "the renewal is no longer by choice")
        assert Notice.objects.get(matter="lost").state == "queued"
        assert DeskItem.objects.filter(kind="letter_unaddressed", closed_at=None).count() == 1

    def test_it_goes_where_the_reader_lives_when_it_is_printed(self, camille):
        on_paper(camille)
        moved = Recipient.objects.get(customer=camille.customer)
        home = moved.address
        home.pk, home.lines = None, ["MME CAMILLE LENOIR", "9 RUE NEUVE", "33000 BORDEAUX"]
        home.save(force_insert=True)
        Recipient.objects.filter(pk=moved.pk).update(address=home)
        assert "9 RUE NEUVE" in words_of(read(made().document_id))[0]

    def test_killed_at_any_step_nothing_or_all_of_it_is_there(self, camille, monkeypatch):
        letter = on_paper(camille)
        for place in ("sheet_of", "printed", "record_act"):
            with monkeypatch.context() as killed:
                killed.setattr(batching, place, _dies)
                with pytest.raises(KeyboardInterrupt):
                    make_batch(actor=STAFF, at=AT)
            letter.refresh_from_db()
            assert (letter.state, PostBatch.objects.count(), PostBatchLetter.objects.count()) == ("queued", 0, 0)
        assert made().letters == 1

    @pytest.mark.django_db(transaction=True)
    def test_two_at_once_never_take_the_same_letter(self, camille):
        for number in range(3):
            on_paper(camille, matter=str(number))
        together([lambda: make_batch(actor=STAFF, at=AT)] * 2)
        places = PostBatchLetter.objects.values_list("notice", flat=True)
        assert sorted(places) == sorted(Notice.objects.filter(state="printing").values_list("pk", flat=True))
        assert len(set(places)) == 3

    def test_the_database_refuses_a_letter_in_two_batches_and_one_that_goes_both_ways(self, camille):
        letter = on_paper(camille)
        line = made().lines.get()
        with pytest.raises(IntegrityError, match="batch_letter_in_one"), transaction.atomic():
            PostBatchLetter.objects.create(batch=line.batch, place=2, notice=letter, document=line.document, pages=1)
        with pytest.raises(IntegrityError, match="notice_goes_one_way"), transaction.atomic():
            Notice.objects.filter(pk=letter.pk).update(state="sending")


class TestPosting:
    def test_posted_is_a_proof_per_letter_with_its_day_and_who_said_so(self, camille):
        letter = on_paper(camille)
        batch = made()
        later = AT + timedelta(days=2)
        assert (
            mark_posted(batch, posted_on=ON, actor=STAFF, reason="porté", at=later, registered={letter.pk: "1A 234"})
            == 1
        )
        proof = NoticeProof.objects.get(kind="posted")
        letter.refresh_from_db()
        assert (letter.state, letter.state_since) == ("sent", later)
        assert (proof.notice_id, proof.detail, proof.provider_id, proof.recorded_at) == (letter.pk, "said by staff:3", "1A 234", later)  # fmt: skip
        assert proof.at.date() == ON
        assert proof.document_id == batch.lines.get().document_id
        act = Act.objects.get(verb="posted a batch")
        assert (act.actor, act.facts) == ("staff:3", {"letters": [letter.pk], "posted_on": "2027-01-04"})

    @pytest.mark.parametrize(
        ("day", "sentence"),
        [
            (date(2027, 1, 5), "Rien n’est posté d’avance."),
            (date(2027, 1, 3), "Le lot n’a été fait que le 04/01/2027."),
        ],
        ids=["a day to come", "before the batch"],
    )
    def test_a_day_that_cannot_be_is_refused_with_a_sentence(self, camille, day, sentence):
        on_paper(camille)
        batch = made()
        with translation.override("fr"), pytest.raises(Refused) as refused:
            mark_posted(batch, posted_on=day, actor=STAFF, reason="x", at=AT)
        assert refused.value.messages == [sentence]
        assert not NoticeProof.objects.exists()

    def test_twice_is_refused_and_proves_nothing_more(self, camille):
        on_paper(camille)
        batch = made()
        mark_posted(batch, posted_on=ON, actor=STAFF, reason="x", at=AT)
        with pytest.raises(Refused):
            mark_posted(batch, posted_on=ON, actor=STAFF, reason="x", at=AT)
        assert NoticeProof.objects.count() == 1

    def test_killed_in_the_middle_nothing_is_posted(self, camille, monkeypatch):
        on_paper(camille, matter="1")
        on_paper(camille, matter="2")
        batch = made()
        with monkeypatch.context() as killed:
            killed.setattr(batching, "record_act", _dies)
            with pytest.raises(KeyboardInterrupt):
                mark_posted(batch, posted_on=ON, actor=STAFF, reason="x", at=AT)
        assert not NoticeProof.objects.exists()
        assert mark_posted(batch, posted_on=ON, actor=STAFF, reason="x", at=AT) == 2

    @pytest.mark.django_db(transaction=True)
    def test_two_colleagues_at_once_post_it_once(self, camille):
        on_paper(camille)
        batch = made()

        def post():
            with suppress(Refused):
                mark_posted(batch, posted_on=ON, actor=STAFF, reason="x", at=AT)

        together([post] * 2)
        assert NoticeProof.objects.count() == 1

    def test_taken_back_the_same_day_by_a_row_beside_it(self, camille):
        letter = on_paper(camille)
        batch = made()
        mark_posted(batch, posted_on=ON, actor=STAFF, reason="x", at=AT)
        assert undo_posting(batch, actor=STAFF, reason="mauvais lot", at=AT + timedelta(hours=2)) == 1
        letter.refresh_from_db()
        posted, undone = NoticeProof.objects.order_by("pk")
        assert (undone.kind, undone.undoes, letter.state) == ("unposted", posted, "printing")
        assert batch.lines.get().outcome == ""
        assert mark_posted(batch, posted_on=ON, actor=STAFF, reason="x", at=AT + timedelta(hours=3)) == 1

    def test_the_day_after_it_stands(self, camille):
        on_paper(camille)
        batch = made()
        mark_posted(batch, posted_on=ON, actor=STAFF, reason="x", at=AT)
        with pytest.raises(Refused):
            undo_posting(batch, actor=STAFF, reason="x", at=AT + timedelta(days=1))

    def test_one_letter_taken_out_waits_again_and_the_rest_is_posted(self, camille):
        out, stays = on_paper(camille, matter="1"), on_paper(camille, matter="2")
        batch = made()
        assert take_out(batch.lines.get(place=1), actor=STAFF, reason="adresse à vérifier", at=AT)
        with pytest.raises(Refused):
            take_out(batch.lines.get(place=1), actor=STAFF, reason="encore", at=AT)
        assert mark_posted(batch, posted_on=ON, actor=STAFF, reason="x", at=AT) == 1
        out.refresh_from_db()
        stays.refresh_from_db()
        assert (out.state, stays.state) == ("queued", "sent")
        assert [line.outcome for line in batch.lines.all()] == ["taken_out", "posted"]
        again = made()
        assert list(again.lines.values_list("notice", flat=True)) == [out.pk]
        assert Act.objects.get(verb="took a letter out").reason == "adresse à vérifier"

    def test_what_became_untrue_meanwhile_is_withdrawn_when_it_is_taken_out(self, camille):
        letter = on_paper(camille)
        batch = made()
        get_user_model().objects.filter(pk=camille.customer.pk).update(erased_on=ON)
        assert not take_out(batch.lines.get(), actor=STAFF, reason="effacé", at=AT)
        letter.refresh_from_db()
        assert (letter.state, letter.failure) == ("withdrawn", "the reader had their data erased")


def _as_dict(one: NoticeDraft) -> dict:
    return {name: getattr(one, name) for name in NoticeDraft.__slots__}


def _dies(*args, **kwargs):
    raise KeyboardInterrupt


def _renewal(bought):
    from tests.renewals.people import announced

    return announced(bought.term.subscription, renews_on=date(2028, 1, 29), state="planned", without="legal")
