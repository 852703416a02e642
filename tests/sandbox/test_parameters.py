"""Nothing goes to Stripe that the pinned SDK's own types do not know, and every answer has the fields they promise."""

import pytest
import stripe

from payments.sandbox import routes
from payments.sandbox.endpoints import endpoint
from payments.sandbox.forms import parse
from payments.sandbox.parameters import check
from tests.sandbox.buying import renewal_params, saved, session_params


def refusal(call, *args):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        call(*args)
    return caught.value


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("payment_method_types[0]", {"payment_method_types": ["card"]}),
        ("payment_intent_data[metadatas]", {"payment_intent_data": {"metadatas": {"a": "b"}}}),
        ("line_items[0][price_data][product_data][colour]", None),
    ],
)
def test_an_unknown_parameter_is_refused_at_any_depth(standin, path, more):
    client = standin.client()
    params = session_params(**(more or {}))
    if more is None:
        params["line_items"][0]["price_data"]["product_data"]["colour"] = "red"
    error = refusal(client.v1.checkout.sessions.create, params)
    assert error.http_status == 400
    assert error.code == "parameter_unknown"
    assert error.param == path.removesuffix("[0]")
    assert error.user_message == f"Received unknown parameter: {path.removesuffix('[0]')}"
    assert client.v1.checkout.sessions.list().data == []


def test_wrong_types_choices_and_missing_parameters_are_told_apart(standin):
    client = standin.client()
    create = client.v1.payment_intents.create
    error = refusal(create, {"amount": "27.60", "currency": "eur"})
    assert (error.code, error.param) == ("parameter_invalid_integer", "amount")
    error = refusal(create, {"currency": "eur"})
    assert (error.code, error.param) == ("parameter_missing", "amount")
    error = refusal(create, {"amount": 2760, "currency": "eur", "setup_future_usage": "always"})
    assert error.user_message == "Invalid setup_future_usage: must be one of off_session or on_session"
    error = refusal(create, {"amount": 2760, "currency": "eur", "confirm": "yes"})
    assert error.user_message == "Invalid boolean: yes"
    error = refusal(create, {"amount": 2760, "currency": "eur", "metadata": {"a": {"b": "c"}}})
    assert error.code == "parameter_invalid_string"
    error = refusal(create, {"amount": 2760, "currency": "eur", "customer": ""})
    assert error.code == "parameter_invalid_empty"
    error = refusal(client.v1.customers.create, {"preferred_locales": "fr"})
    assert error.user_message == "Invalid array"
    error = refusal(client.v1.payment_methods.list, {"limit": 101})
    assert (error.param, error.http_status) == ("limit", 400)
    assert standin.charges() == []


def test_the_shape_of_parameters_comes_from_the_sdk():
    known = endpoint(stripe.CustomerService, "create")
    assert (known.method, known.path) == ("POST", "/v1/customers")
    assert set(known.shape.fields) == set(stripe.params.CustomerCreateParams.__annotations__) - set(
        stripe.RequestOptions.__annotations__
    )
    given = parse("name=Zo%C3%A9&metadata[reader]=7&metadata[old]=&preferred_locales[]=fr&preferred_locales[]=en")
    assert check(given, known.shape) == {
        "name": "Zoé",
        "metadata": {"reader": "7", "old": ""},
        "preferred_locales": ["fr", "en"],
    }


def test_every_route_is_an_address_of_the_sdk():
    addresses = {(known.method, known.path) for known, _ in routes.table()}
    assert len(addresses) == len(routes.ROUTES)
    assert ("POST", "/v1/checkout/sessions/{id}/expire") in addresses
    assert all(path.startswith("/v1/") for _, path in addresses)


def promised(kind):
    """Fields the SDK's class says are always there: those not Optional and not written as left out."""
    hints = {name: str(hint) for name, hint in kind.__annotations__.items() if name.islower() and name[0] != "_"}
    return {name for name, hint in hints.items() if "NoneType" not in hint and "Optional" not in hint}


def test_answers_have_every_field_the_sdk_promises(standin):
    client = standin.client()
    customer, method = saved(client, "pm_card_visa")
    intent = client.v1.payment_intents.create(renewal_params(customer, method))
    standin.settle()
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    setup = client.v1.setup_intents.create({"customer": customer})
    session = client.v1.checkout.sessions.create(session_params())
    charge = client.v1.charges.retrieve(intent.latest_charge)
    movement = client.v1.balance_transactions.retrieve(charge.balance_transaction)
    event = client.v1.events.list().data[0]
    shown = [client.v1.customers.retrieve(customer), client.v1.payment_methods.retrieve(method), intent, refund, setup]
    for answer in [*shown, session, charge, movement, event]:
        absent = promised(type(answer)) - set(answer.to_dict())
        assert absent - {"deleted", "idempotency_key"} == set(), type(answer)


def test_the_pinned_version_and_the_key_are_checked(standin):
    client = standin.client()
    error = refusal(client.v1.customers.list, None, {"stripe_version": "2024-04-10"})
    assert "2024-04-10" in error.user_message
    with pytest.raises(stripe.AuthenticationError):
        client.v1.customers.list(None, {"api_key": "sk_test_of_somebody_else"})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.raw_request("get", "/v1/products")
    assert caught.value.http_status == 404


def test_expand_follows_ids_and_refuses_what_is_none(standin):
    client = standin.client()
    customer, method = saved(client, "pm_card_visa")
    client.v1.payment_intents.create(renewal_params(customer, method))
    standin.settle()
    found = client.v1.payment_intents.list(
        {"customer": customer, "expand": ["data.latest_charge.balance_transaction", "data.customer"]}
    ).data[0]
    assert found.latest_charge.balance_transaction.net == 2694
    assert found.customer.email == "camille@example.org"
    session = client.v1.checkout.sessions.create(session_params(expand=["line_items"]))
    assert [(line.description, line.amount_total) for line in session.line_items.data] == [("1 an", 2760)]
    error = refusal(client.v1.payment_intents.list, {"expand": ["data.amount"]})
    assert error.user_message == "This property cannot be expanded (data.amount)."
    error = refusal(client.v1.payment_intents.list, {"expand": ["data.a.b.c.d.e"]})
    assert "4 levels" in error.user_message


def test_lists_are_paged_both_ways_without_loss(standin):
    client = standin.client()
    made = [client.v1.customers.create({"email": f"{n}@example.org"}).id for n in range(7)]
    newest = list(reversed(made))
    first = client.v1.customers.list({"limit": 3})
    assert ([one.id for one in first.data], first.has_more) == (newest[:3], True)
    second = client.v1.customers.list({"limit": 3, "starting_after": newest[2]})
    assert ([one.id for one in second.data], second.has_more) == (newest[3:6], True)
    last = client.v1.customers.list({"limit": 3, "starting_after": newest[5]})
    assert ([one.id for one in last.data], last.has_more) == (newest[6:], False)
    back = client.v1.customers.list({"limit": 3, "ending_before": newest[5]})
    assert ([one.id for one in back.data], back.has_more) == (newest[2:5], True)
    assert [one.id for one in client.v1.customers.list({"limit": 2}).auto_paging_iter()] == newest
    error = refusal(client.v1.customers.list, {"starting_after": "cus_nobody"})
    assert error.code == "resource_missing"


def test_lists_are_narrowed_by_time(standin):
    client = standin.client()
    standin.set_clock(1_800_000_000, frozen=True)
    old = client.v1.customers.create().id
    standin.advance(days=1)
    new = client.v1.customers.create().id
    since = {"created": {"gte": 1_800_000_001}}
    assert [one.id for one in client.v1.customers.list(since).data] == [new]
    assert [one.id for one in client.v1.customers.list({"created": {"lt": 1_800_000_001}}).data] == [old]
    assert [one.id for one in client.v1.customers.list({"created": 1_800_000_000}).data] == [old]


def test_metadata_is_merged_unset_and_limited(standin):
    client = standin.client()
    customer = client.v1.customers.create({"metadata": {"a": "1", "b": "2"}})
    updated = client.v1.customers.update(customer.id, {"metadata": {"b": "", "c": "3"}})
    assert updated.metadata.to_dict() == {"a": "1", "c": "3"}
    assert client.v1.customers.update(customer.id, {"metadata": ""}).metadata.to_dict() == {}
    error = refusal(client.v1.customers.update, customer.id, {"metadata": {"k" * 41: "1"}})
    assert error.http_status == 400
    error = refusal(client.v1.customers.update, customer.id, {"metadata": {str(n): "1" for n in range(51)}})
    assert "50 keys" in error.user_message
