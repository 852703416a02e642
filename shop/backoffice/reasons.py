"""What jobs write down in English, said in French at the desks: reasons of steps, answers of mail servers, audit findings.

Rows keep the words of the day they were written on (they are evidence, and programs and tests read them); only the page
translates. A text that is not in the table is shown as it stands: a colleague's own words, or a phrase nobody has
translated yet.
"""

from __future__ import annotations

import re
from functools import lru_cache

from django.utils.translation import gettext, gettext_noop

from payments.disputing import REASONS

#: Steps of payments, refunds, orders, subscriptions and Stripe's events.
STEPS = (
    gettext_noop("page opened"),
    gettext_noop("no further try is possible"),
    gettext_noop("no payment page was ever opened"),
    gettext_noop("the payment page has expired"),
    gettext_noop("never sent to Stripe"),
    gettext_noop("Stripe never received the charge"),
    gettext_noop("Stripe did not answer"),
    gettext_noop("refused: %(code)s"),
    gettext_noop("surplus"),
    gettext_noop("payment refused"),
    gettext_noop("payment page expired"),
    gettext_noop("payment page closed"),
    gettext_noop("order %(reference)s paid"),
    gettext_noop("served on a later try"),
    gettext_noop("tells nothing new"),
    gettext_noop("refunded outside the shop"),
    gettext_noop("the mandate is active"),
    gettext_noop("mandate ended at the bank"),
    gettext_noop("a type this shop does not hear"),
    gettext_noop("payouts are read from their own pages"),
    gettext_noop("on finance's desk"),
    gettext_noop("carries a reference of ours that we do not know"),
    gettext_noop("not ours"),
    gettext_noop("given up after %(tries)s attempts: %(trouble)s"),
    gettext_noop("asked for in the account"),
    gettext_noop("given in the account"),
    gettext_noop("the calendar was mended"),
    gettext_noop("the issue has been posted meanwhile"),
    gettext_noop("its day has moved again"),
    gettext_noop("the reader does not receive this issue any more"),
    gettext_noop("the next term is paid"),
    gettext_noop("the next term is not paid yet"),
    gettext_noop("R has come"),
    gettext_noop("charged without the reader"),
    gettext_noop("refused by the bank"),
    gettext_noop("the bank wants the reader to confirm"),
    gettext_noop("the charge never reached Stripe"),
    gettext_noop("the reader has said no"),
    gettext_noop("nothing can be charged"),
    gettext_noop("may not be charged"),
    gettext_noop("not to be charged yet"),
    gettext_noop("taken over from another house"),
    gettext_noop("served by the former house"),
    gettext_noop("every line is settled"),
    gettext_noop("nobody decided about it in time"),
    gettext_noop("not to be charged any more"),
    gettext_noop("not paid in time"),
    gettext_noop("another term has begun"),
    gettext_noop("neither taken nor refused"),
    gettext_noop("R is near"),
    gettext_noop("the day has moved"),
    gettext_noop("the price of that day"),
    gettext_noop("moved later after it was announced"),
    gettext_noop("automatic renewal is off"),
    gettext_noop("the subscription has ended"),
    gettext_noop("a payment is disputed"),
    gettext_noop("the bank disputes its payment"),
    gettext_noop("the dispute has ended"),
    gettext_noop("the dispute was lost"),
    gettext_noop("there is a name"),
    gettext_noop("won at the bank"),
    gettext_noop("lost at the bank"),
    gettext_noop("its last copy was sent months ago"),
    gettext_noop("carried out"),
    gettext_noop("sent"),
    gettext_noop("a letter was delivered"),
    gettext_noop("the mirror does not find it any more"),
    gettext_noop("still owed though the bank disputes its payment"),
    gettext_noop("still held though no dispute is open"),
    gettext_noop("another term was added meanwhile"),
    gettext_noop("there is no price for the zone"),
    gettext_noop("legal notice proved"),
    gettext_noop("no notice proved in time"),
    gettext_noop("turned off in the account"),
    gettext_noop("the issue has left without it"),
    gettext_noop("the pause is over"),
    gettext_noop("refused the new price"),
    gettext_noop("withdrawal %(reference)s"),
    gettext_noop("termination %(reference)s"),
    gettext_noop("given back"),
    gettext_noop("given by the reader"),
    gettext_noop("another payer"),
    gettext_noop("order %(reference)s invoiced"),
    gettext_noop("transfer %(reference)s"),
    gettext_noop("nothing is overdue any more"),
    gettext_noop("written off"),
    gettext_noop("nothing is left to pay"),
    gettext_noop("the invoice was made out anew"),
    gettext_noop("the order is cancelled"),
)
#: What was said and done about gifts.
GIFTS = (
    gettext_noop("ordered"),
    gettext_noop("its order is paid"),
    gettext_noop("claimed"),
    gettext_noop("by whoever received the year before"),
    gettext_noop("announced by e-mail"),
    gettext_noop("informed by the sheet %(code)s in the first copy"),
    gettext_noop("changed by the giver: the day of the announcement"),
    gettext_noop("changed by the giver: the message"),
    gettext_noop("changed by the giver: the day of the announcement, the message"),
    gettext_noop("another address was given by the recipient"),
    gettext_noop("an e-mail address was given by the recipient"),
    gettext_noop("gift: by its recipient"),
    gettext_noop("goes on in subscription %(number)s"),
    gettext_noop("a year was given"),
    gettext_noop("the gift was taken back"),
    gettext_noop("its recipient has it already"),
    gettext_noop("nobody is to be reminded any more"),
    gettext_noop("there is nothing to go on with for now"),
)
#: What became of letters.
LETTERS = (
    gettext_noop("waits for the mail server"),
    gettext_noop("its sender stopped"),
    gettext_noop("may have left"),
    gettext_noop("cannot be written: %(trouble)s"),
    gettext_noop("the reader had their data erased"),
    gettext_noop("a later move has its own letter"),
    gettext_noop("another means of payment took its place"),
    gettext_noop("it has ended"),
    gettext_noop("the order is paid"),
    gettext_noop("another payment is on its way"),
    gettext_noop("another order took its place"),
    gettext_noop("the debit is no longer on its way"),
    gettext_noop("the refund failed"),
    gettext_noop("outside the law's window for it"),
    gettext_noop("no means of payment is kept"),
    gettext_noop("too late for the day that it names"),
    gettext_noop("a good means of payment is kept"),
    gettext_noop("the renewal is no longer by choice"),
    gettext_noop("the renewal has moved to another day"),
    gettext_noop("the renewal has gone on"),
    gettext_noop("said by %(actor)s"),
    gettext_noop("the charge is no longer planned for that day"),
    gettext_noop("the renewal is %(state)s"),
    gettext_noop("a payment is on its way"),
    gettext_noop("the subscription goes on"),
    gettext_noop("the change of price was cancelled"),
    gettext_noop("the price has changed since it was queued"),
    gettext_noop("the reader gave the order up"),
    gettext_noop("the declaration is dealt with"),
    gettext_noop("the reader has chosen otherwise since"),
    gettext_noop("the account is known, or not wanted any more"),
    gettext_noop("the transfer came back"),
    gettext_noop("a later change has its own letter"),
    gettext_noop("no e-mail address that works"),
    gettext_noop("the reader has called our letters spam"),
    gettext_noop("taken out of its batch"),
    gettext_noop("it went by e-mail after all"),
    gettext_noop("no letter of ours"),
    gettext_noop("told after what contradicts it"),
    gettext_noop("of no consequence"),
)
#: What mail servers and providers answer (`subscriptions.notices.answers`).
ANSWERS = (
    gettext_noop("service not available, closing"),
    gettext_noop("a password transition is needed"),
    gettext_noop("mailbox busy, or greylisted"),
    gettext_noop("error in processing at the other end"),
    gettext_noop("not enough storage at the other end, or the mailbox is full for now"),
    gettext_noop("authentication or encryption is not available for now"),
    gettext_noop("parameters cannot be accommodated for now"),
    gettext_noop("command not recognised"),
    gettext_noop("syntax error in the address"),
    gettext_noop("command not implemented"),
    gettext_noop("bad sequence of commands"),
    gettext_noop("command parameter not implemented"),
    gettext_noop("the host does not accept mail"),
    gettext_noop("the letter is too large for the recipient"),
    gettext_noop("authentication required"),
    gettext_noop("authentication mechanism too weak"),
    gettext_noop("authentication refused"),
    gettext_noop("encryption required for this authentication"),
    gettext_noop("no such mailbox, or refused by policy"),
    gettext_noop("the recipient is elsewhere"),
    gettext_noop("the mailbox is full"),
    gettext_noop("mailbox name not allowed"),
    gettext_noop("refused as a whole"),
    gettext_noop("parameters not recognised"),
    gettext_noop("the domain does not accept mail"),
    gettext_noop("the provider does not accept this letter"),
    gettext_noop("the provider refuses our key"),
    gettext_noop("the provider wants to be paid"),
    gettext_noop("the provider forbids us to send"),
    gettext_noop("the provider does not know this address of its interface"),
    gettext_noop("the provider took too long"),
    gettext_noop("the letter is too large for the provider"),
    gettext_noop("too many letters at once"),
    gettext_noop("trouble at the provider"),
    gettext_noop("the provider is not available"),
    gettext_noop("refused for now"),
    gettext_noop("refused"),
    gettext_noop("an answer that is none"),
    gettext_noop("an answer we do not know"),
)
#: What the nightly audit finds.
FINDINGS = (
    gettext_noop("%(count)s paying payments"),
    gettext_noop("a surplus payment that nobody is giving back"),
    gettext_noop("paid, and still not served"),
    gettext_noop("stands at %(state)s, its last recorded step says %(last)s"),
    gettext_noop("stands at %(state)s, its movements say %(last)s"),
    gettext_noop("does not sum to zero"),
    gettext_noop("has no entry in the books"),
    gettext_noop("books what did not happen"),
    gettext_noop("holds %(booked)s, documents and payments leave %(open)s open"),
    gettext_noop("holds %(booked)s, the copies owed are worth %(owed)s"),
    gettext_noop("is not the amount of its payment"),
    gettext_noop("is not the amount of its refund"),
    gettext_noop("belongs to a payment of ours and is not matched"),
    gettext_noop("number %(number)s is missing"),
    gettext_noop("breaks the hash chain"),
    gettext_noop("is dated before the one before it"),
    gettext_noop("its counter says %(counter)s, its documents say %(documents)s"),
    gettext_noop("HT, VAT and TTC do not agree"),
    gettext_noop("its VAT is not the one in the books"),
    gettext_noop("%(what)s has been waiting since %(since)s"),
    gettext_noop("ignored without a reason"),
    gettext_noop("unknown for more than a day"),
    gettext_noop("its page ended more than a day ago, and nobody knows what became of it"),
    gettext_noop("asked for and not answered for more than a day"),
    gettext_noop("Stripe has taken money that the books do not know"),
    gettext_noop("Stripe has taken its money, and it is not paid"),
    gettext_noop("Stripe has taken money for it a second time"),
    gettext_noop("received in the books, and not at Stripe"),
    gettext_noop("of another amount at Stripe"),
    gettext_noop("of another currency at Stripe"),
    gettext_noop("another sum of it was given back at Stripe"),
    gettext_noop("Stripe's charges were not held against the books last night"),
    gettext_noop("a mirror that has not come to its end"),
    gettext_noop("paid, and not invoiced"),
    gettext_noop("paid, and no term was opened"),
    gettext_noop("opened for an order that is not paid"),
    gettext_noop("its payment does not pay for it"),
    gettext_noop("its recipient was not told on the day"),
    gettext_noop("serves more than the %(worth)s that term %(key)s gave up"),
    gettext_noop("promises %(copies)s copies and grants another number"),
    gettext_noop("%(count)s copies of issue %(issue)s"),
    gettext_noop("charged %(taken)s, announced %(told)s"),
    gettext_noop("charged a new price that no letter of its own had told"),
    gettext_noop("%(count)s issues are put off"),
    gettext_noop("still put off though the issue has left without it"),
    gettext_noop("put off without a movement"),
    gettext_noop("sent with the issue that its reader did not want"),
    gettext_noop("still owed though its subscription has ended"),
    gettext_noop("%(what)s is due since %(since)s"),
    gettext_noop("paid, and no confirmation was queued"),
    gettext_noop("paid, and no receipt was queued"),
    gettext_noop("added by no renewal"),
    gettext_noop("its payment was made for another term"),
    gettext_noop("charged on %(day)s although the reader had said no"),
    gettext_noop("begun although the reader had stopped it"),
    gettext_noop("still to be charged though it renews itself no more"),
    gettext_noop("put in a file after its contract was stopped"),
    gettext_noop("declared, and not acknowledged"),
    gettext_noop("its refund is due since %(since)s, and no desk knows of it"),
    gettext_noop("sent without a proof"),
    gettext_noop("has not succeeded for %(time)s"),
    gettext_noop("charged on %(day)s without a legal notice that holds"),
    gettext_noop("charged on %(day)s without word of it 7 to 30 days before"),
    gettext_noop("announced without a legal notice proved for %(day)s"),
    gettext_noop("still planned though its legal window closed on %(day)s"),
    gettext_noop("ends on %(day)s, renews itself, and nobody has planned it"),
    gettext_noop("due since %(day)s, and nobody has charged it"),
    gettext_noop("has %(count)s terms, and the last one is number %(last)s"),
    gettext_noop("prolongs another subscription than its order names"),
    gettext_noop("sent to somebody who had objected to reminders"),
    gettext_noop("downloaded without a right or a consent"),
    gettext_noop("agreed to the digital edition, and no letter confirms it"),
)
#: How an inquiry or a dispute ended that cost nothing, where Stripe has a word of its own for it.
ENDED = {
    "warning_closed": gettext_noop("the bank asked, and let it rest"),
    "prevented": gettext_noop("settled before the bank contested it"),
}
KNOWN = frozenset({*STEPS, *GIFTS, *LETTERS, *ANSWERS, *FINDINGS})
_CODE = re.compile(r"(\d{3}) (.+)", re.DOTALL)


def reason(text: str) -> str:
    """A reason as the desks say it; "" stays empty, what is not known stays as it is."""
    if not text:
        return ""
    if text in KNOWN:
        return gettext(text)
    answered = _CODE.fullmatch(text)
    if answered:
        return f"{answered.group(1)} {reason(answered.group(2))}"
    for msgid, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found:
            return gettext(msgid) % {name: reason(value) for name, value in found.groupdict().items()}
    return text


def contested(text: str) -> str:
    """The reason of a step of a dispute: why the bank's customer contests, or how it ended, from Stripe's own codes."""
    if text in ENDED:
        return gettext(ENDED[text])
    return REASONS.get(text) or reason(text)


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Phrases with places in them, each as the pattern that its own words make."""
    found = []
    for msgid in sorted(KNOWN, key=len, reverse=True):
        if "%(" not in msgid:
            continue
        parts = re.split(r"%\((\w+)\)s", msgid)
        made = "".join(re.escape(part) if place % 2 == 0 else f"(?P<{part}>.+?)" for place, part in enumerate(parts))
        found.append((msgid, re.compile(made, re.DOTALL)))
    return found
