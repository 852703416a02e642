import re, pytest
from pathlib import Path
from subscriptions.notices import queue
from subscriptions.notices.delivering import deliver
from tests.letters.every import losses, texts
from tests.letters.people import AT
from tests.letters.test_sentences import SIGNED
@pytest.mark.django_db
def test_x(outbox):
    texts()
    drafts=losses()
    queue(drafts); deliver(500, at=AT)
    from subscriptions.models import Notice
    out=[f"{n.kind} {n.state} {n.failure}" for n in Notice.objects.all()]
    Path("/tmp/w/claims_letters.txt").write_text("\n".join(out))
    for one, letter in zip(drafts, outbox):
        said=SIGNED.sub(r"/\1/[signed]/", f"{letter.subject}\n\n{letter.body}")
        Path(f"tests/letters/expected/{one.kind}.txt").write_text(said)
        Path(f"/tmp/w/claims_{one.kind}.html").write_text(letter.alternatives[0][0])
