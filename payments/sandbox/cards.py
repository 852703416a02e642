"""Stripe's documented test cards (https://docs.stripe.com/testing) and what each of them does.

A card that no line names here is refused on the hosted page: no real card is ever taken. The general cards are priced
as European ones (Stripe calls some of them American), because this shop's readers are.
"""

from dataclasses import dataclass
from typing import Literal

Authentication = Literal["never", "always", "unless_set_up", "on_session"]


@dataclass(frozen=True)
class Card:
    """`decline`: refused at the charge. `attaches`: may be saved although it is refused at charges.

    `authentication`: "always"; "unless_set_up" (off-session passes once saved with authentication); "on_session"
    (off-session always passes); `fails_after`: refused once authenticated. `refund`: how refunds to it end.
    `dispute`, `warning`: what the holder or the network does afterwards (kept for disputes and Radar).
    """

    number: str
    label: str
    token: str = ""
    brand: str = "visa"
    country: str = "FR"
    funding: str = "credit"
    decline: str | None = None
    attaches: bool = True
    authentication: Authentication = "never"
    fails_after: str | None = None
    authentication_error: bool = False
    refund: Literal["succeeded", "pending", "fails"] = "succeeded"
    dispute: str | None = None
    warning: bool = False
    risk: Literal["normal", "elevated", "highest"] = "normal"
    cvc_check: Literal["pass", "fail"] = "pass"
    available_at_once: bool = False


def _refused(
    number: str, label: str, token: str, decline: str, *, risk: Literal["normal", "highest"] = "normal"
) -> Card:
    return Card(number, label, f"pm_card_{token}", decline=decline, attaches=False, risk=risk)


_ALL = (
    # By brand.
    Card("4242424242424242", "Visa", "pm_card_visa"),
    Card("4000056655665556", "Visa (débit)", "pm_card_visa_debit", funding="debit"),
    Card("5555555555554444", "Mastercard", "pm_card_mastercard", "mastercard"),
    Card("2223003122003222", "Mastercard (série 2)", "", "mastercard"),
    Card("5200828282828210", "Mastercard (débit)", "pm_card_mastercard_debit", "mastercard", funding="debit"),
    Card("5105105105105100", "Mastercard (prépayée)", "pm_card_mastercard_prepaid", "mastercard", funding="prepaid"),
    Card("378282246310005", "American Express", "pm_card_amex", "amex"),
    Card("371449635398431", "American Express", "", "amex"),
    Card("6011111111111117", "Discover", "pm_card_discover", "discover", "US"),
    Card("6011000990139424", "Discover", "", "discover", "US"),
    Card("6011981111111113", "Discover (débit)", "", "discover", "US", "debit"),
    Card("3056930009020004", "Diners Club", "pm_card_diners", "diners", "US"),
    Card("36227206271667", "Diners Club (14 chiffres)", "", "diners", "US"),
    Card("6555900000604105", "BCcard et DinaCard", "", "discover", "KR"),
    Card("3566002020360505", "JCB", "pm_card_jcb", "jcb", "JP"),
    Card("6200000000000005", "UnionPay", "pm_card_unionpay", "unionpay", "CN"),
    Card("6200000000000047", "UnionPay (débit)", "", "unionpay", "CN", "debit"),
    Card("6205500000000000004", "UnionPay (19 chiffres)", "", "unionpay", "CN"),
    Card("4000002500001001", "Cartes Bancaires / Visa", "pm_card_visa_cartesBancaires"),
    Card("5555552500001001", "Cartes Bancaires / Mastercard", "pm_card_mastercard_cartesBancaires", "mastercard"),
    # By country.
    Card("4000002500000003", "France", "pm_card_fr"),
    Card("4000002760000016", "Allemagne", "pm_card_de", country="DE"),
    Card("4000000560000004", "Belgique", "pm_card_be", country="BE"),
    Card("4000004420000006", "Luxembourg", "pm_card_lu", country="LU"),
    Card("4000003800000008", "Italie", "pm_card_it", country="IT"),
    Card("4000007240000007", "Espagne", "pm_card_es", country="ES"),
    Card("4000008260000000", "Royaume-Uni", "pm_card_gb", country="GB"),
    Card("4000007560000009", "Suisse", "pm_card_ch", country="CH"),
    Card("4000001240000000", "Canada", "pm_card_ca", country="CA"),
    Card("4000000400000008", "Autriche", "pm_card_at", country="AT"),
    Card("4000003720000005", "Irlande", "pm_card_ie", country="IE"),
    Card("4000005280000002", "Pays-Bas", "pm_card_nl", country="NL"),
    Card("4000006200000007", "Portugal", "pm_card_pt", country="PT"),
    Card("4000007520000008", "Suède", "pm_card_se", country="SE"),
    # Refusals; these cannot be saved either.
    _refused("4000000000000002", "Refus général", "visa_chargeDeclined", "generic_decline"),
    _refused(
        "4000000000009995", "Provision insuffisante", "visa_chargeDeclinedInsufficientFunds", "insufficient_funds"
    ),
    _refused("4000000000009987", "Carte perdue", "visa_chargeDeclinedLostCard", "lost_card"),
    _refused("4000000000009979", "Carte volée", "visa_chargeDeclinedStolenCard", "stolen_card"),
    _refused("4000000000000069", "Carte expirée", "chargeDeclinedExpiredCard", "expired_card"),
    _refused("4000000000000127", "Code de sécurité faux", "chargeDeclinedIncorrectCvc", "incorrect_cvc"),
    _refused("4000000000000119", "Erreur de traitement", "chargeDeclinedProcessingError", "processing_error"),
    _refused(
        "4000000000006975", "Trop de tentatives", "visa_chargeDeclinedVelocityLimitExceeded", "card_velocity_exceeded"
    ),
    _refused("4100000000000019", "Toujours bloquée (fraude)", "radarBlock", "fraudulent", risk="highest"),
    Card("4000000000000341", "S'enregistre, puis refus", "pm_card_chargeCustomerFail", decline="generic_decline"),
    Card("4000000000000101", "Vérification du code en échec", "pm_card_cvcCheckFail", cvc_check="fail"),
    Card("4000000000000010", "Adresse et code postal non reconnus", "pm_card_avsFail"),
    Card("4000000000000028", "Adresse non reconnue", "pm_card_avsLine1Fail"),
    Card("4000000000000036", "Code postal non reconnu", "pm_card_avsZipFail"),
    Card("4000000000000044", "Adresse non vérifiable", "pm_card_avsUnchecked"),
    Card("4000000000009235", "Risque élevé", "pm_card_riskLevelElevated", risk="elevated"),
    Card("4000000000004954", "Risque très élevé", "pm_card_riskLevelHighest", risk="highest"),
    # Authentication.
    Card(
        "4000002500003155",
        "3-D Secure, sauf si déjà enregistrée",
        "pm_card_authenticationRequiredOnSetup",
        authentication="unless_set_up",
    ),
    Card("4000002760003184", "3-D Secure à chaque fois", "pm_card_authenticationRequired", authentication="always"),
    Card(
        "4000003800000446",
        "3-D Secure seulement en ligne",
        "pm_card_authenticationRequiredSetupForOffSession",
        authentication="on_session",
    ),
    Card(
        "4000008260003178",
        "3-D Secure, puis provision insuffisante",
        "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
        country="GB",
        authentication="unless_set_up",
        fails_after="insufficient_funds",
    ),
    Card("4000000000003220", "3-D Secure 2 exigé", "pm_card_threeDSecure2Required", authentication="unless_set_up"),
    Card("4000000000003063", "3-D Secure exigé", "pm_card_threeDSecureRequired", authentication="unless_set_up"),
    Card(
        "4000008400001629",
        "3-D Secure, puis refus",
        "pm_card_threeDSecureRequiredChargeDeclined",
        country="US",
        authentication="unless_set_up",
        fails_after="generic_decline",
    ),
    Card(
        "4000008400001280",
        "3-D Secure en panne",
        "pm_card_threeDSecureRequiredProcessingError",
        country="US",
        authentication="unless_set_up",
        authentication_error=True,
    ),
    Card("4000008400000027", "3-D Secure exigé (États-Unis)", "", country="US", authentication="unless_set_up"),
    Card("4000000032200000", "3-D Secure sans question", ""),
    Card("4000582600000094", "3-D Secure mobile : autre appareil", ""),
    Card("4000582600000045", "3-D Secure mobile : code à usage unique", ""),
    Card("4000582600000102", "3-D Secure mobile : un choix", ""),
    Card("4000582600000110", "3-D Secure mobile : plusieurs choix", ""),
    Card("4000000000003055", "3-D Secure possible, non exigé", "pm_card_threeDSecureOptional"),
    Card("4000000000003097", "3-D Secure possible, en panne", "pm_card_threeDSecureOptionalProcessingError"),
    # Afterwards.
    Card("4000000000000259", "Contestée (fraude)", "pm_card_createDispute", dispute="fraudulent"),
    Card(
        "4000000000002685",
        "Contestée (non reçu)",
        "pm_card_createDisputeProductNotReceived",
        dispute="product_not_received",
    ),
    Card("4000000000001976", "Demande d'information", "pm_card_createDisputeInquiry", dispute="warning"),
    Card("4000000000005423", "Alerte de fraude", "pm_card_createIssuerFraudRecord", warning=True),
    Card("4000000000007726", "Remboursement différé", "pm_card_pendingRefund", refund="pending"),
    Card("4000000000005126", "Remboursement qui échoue", "pm_card_refundFail", refund="fails"),
    Card("4000000000000077", "Disponible aussitôt", "pm_card_bypassPending", available_at_once=True),
)
CARDS = {card.number: card for card in _ALL}
TOKENS = {card.token: card for card in _ALL if card.token}


def is_number(digits: str) -> bool:
    """Whether digits have the length and the check digit of a card number (Luhn, ISO/IEC 7812-1)."""
    if not digits.isdigit() or not 12 <= len(digits) <= 19:
        return False
    doubled = [int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
