"""A stand-in for Stripe: its API, its hosted payment page and its webhooks, on this machine and with no money.

The shop reaches it by `STRIPE_API_BASE` alone. It needs nothing of the shop and starts by itself:

    STANDIN_KEY=sk_test_… gunicorn --threads 8 payments.sandbox.wsgi:application      (one worker)

| variable | meaning |
|---|---|
| STANDIN_KEY | the only key it accepts; must begin with sk_test_ |
| STANDIN_WEBHOOK_URL, STANDIN_WEBHOOK_SECRET | where events go, and the key that signs them; no secret, no webhooks |
| STANDIN_WEBHOOK_EVENTS | types to send, separated by commas; empty: all |
| STANDIN_STORE | a SQLite file that keeps everything over a kill and restart; empty: memory only |
| STANDIN_PUBLIC_URL | its address as a browser sees it; empty: as the caller of the API wrote it |
| STANDIN_FEE_SECONDS | how long a charge stays without its balance transaction (2) |
| STANDIN_SEPA_SECONDS | how long a SEPA debit stays in processing; empty: five business days |
| STANDIN_WRITES_PER_SECOND | above it, 429; empty: no limit |

How a request goes: `application` → `api` (key, version, limit, idempotency) → `routes` → `parameters` (checked against
the SDK's types) → a handler in `resources/` → the machines (`charging`, `setting_up`, `finishing`, `refunding`) over
one `world` (store, clock, events) → `rendering`, `expansion`, `listing`. People meet `pages/`; tests and the simulation
drive it through `control` (/_control/, JSON with the key) or plug it in with `inprocess`.

Where it knowingly differs from Stripe: euros only; cards and SEPA debits only; automatic capture only; no Products and
Prices; Stripe's general test cards are priced as European ones; a value outside the SDK's listed choices is refused
even where the SDK leaves the type open; a parameter it knows but does not honour is listed under `ignored` at
/_control/requests. Disputes, inquiries and fraud warnings are opened and decided by command only; of a
file its bytes are not kept.
"""
