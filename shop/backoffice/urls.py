"""Every address of the desks, under /gestion/."""

from __future__ import annotations

from django.urls import include, path

from shop.backoffice import (
    acts_desks,
    acts_letters,
    acts_money,
    acts_people,
    acts_stopping,
    declaration_pages,
    event_pages,
    hiring,
    home,
    items,
    letter_pages,
    lists,
    mirror_pages,
    money_lists,
    money_pages,
    order_pages,
    passwords,
    people,
    renewal_pages,
    searching,
    signing_in,
    subscription_pages,
    team,
)
from shop.backoffice.registers import registers

door = [
    path("connexion/", signing_in.sign_in, name="desk_sign_in"),
    path("connexion/code/", signing_in.enter_code, name="desk_second_factor"),
    path("connexion/premier-code/", signing_in.set_up, name="desk_set_up"),
    path("connexion/codes-de-secours/", signing_in.show_recovery_codes, name="desk_recovery_codes"),
    path("mot-de-passe/<int:key>/<str:token>/", passwords.choose, name="desk_choose_password"),
    path("deconnexion/", signing_in.sign_out, name="desk_sign_out"),
]

pages = [
    path("", home.home, name="desk_home"),
    path("recherche/", searching.search, name="desk_search"),
    path("personnes/<int:key>/", people.person, name="desk_person"),
    path("abonnements/<int:key>/", subscription_pages.subscription, name="desk_subscription"),
    path("a-traiter/<int:key>/", items.item, name="desk_item"),
    path("a-traiter/<slug:name>/", items.items, name="desk_items"),
    path("reconductions/", renewal_pages.renewals, name="desk_renewals"),
    path("reconductions/<int:key>/", renewal_pages.renewal, name="desk_renewal"),
    path("commandes/", lists.orders, name="desk_orders"),
    path("commandes/<int:key>/", order_pages.order, name="desk_order"),
    path("declarations/", declaration_pages.declarations, name="desk_declarations"),
    path("declarations/<int:key>/", declaration_pages.declaration, name="desk_declaration"),
    path("declarations/<int:key>/accuse/", declaration_pages.paper, name="desk_declaration_pdf"),
    path("paiements/", money_lists.payments, name="desk_payments"),
    path("paiements/<int:key>/", money_pages.payment, name="desk_payment"),
    path("remboursements/", money_lists.refunds, name="desk_refunds"),
    path("remboursements/<int:key>/", money_pages.refund, name="desk_refund"),
    path("evenements-stripe/", money_lists.stripe_events, name="desk_stripe_events"),
    path("evenements-stripe/<int:key>/", event_pages.stripe_event, name="desk_stripe_event"),
    path("evenements-stripe/<slug:event_id>/", event_pages.stripe_event_by_id, name="desk_stripe_event_by_id"),
    path("factures/", money_lists.invoices, name="desk_invoices"),
    path("factures/<int:key>/", money_pages.invoice, name="desk_invoice"),
    path("factures/<int:key>/pdf/", money_pages.invoice_pdf, name="desk_invoice_pdf"),
    path("ecritures/", money_lists.ledger, name="desk_entries"),
    path("ecritures/<int:key>/", money_pages.entry, name="desk_entry"),
    path("miroir-stripe/", mirror_pages.mirror, name="desk_mirror"),
    path("miroir-stripe/<int:key>/", mirror_pages.run, name="desk_mirror_run"),
    path("miroir-stripe/<int:key>/encaissements/", mirror_pages.charges, name="desk_mirror_charges"),
    path("courriers/", lists.letters, name="desk_letters"),
    path("courriers/<int:key>/", letter_pages.letter, name="desk_letter"),
    path("courriers/<int:key>/tel-que-parti/", letter_pages.as_sent, name="desk_letter_as_sent"),
    path("actes/", lists.acts, name="desk_acts"),
    path("horloge/", home.clock, name="desk_clock"),
    path("equipe/", team.team, name="desk_team"),
]

acts = [
    path("commandes/<int:key>/rembourser/", acts_money.RefundOrder.view(), name="desk_act_refund"),
    path("paiements/<int:key>/interroger/", acts_money.AskStripe.view(), name="desk_act_look_up"),
    path("encaissements/<int:key>/rendre/", acts_money.TakeOver.view(), name="desk_act_take_over"),
    path("paiements/<int:key>/rendre/", acts_money.GiveDuplicateBack.view(), name="desk_act_give_back"),
    path("factures/<int:key>/renvoyer/", acts_letters.ResendInvoice.view(), name="desk_act_resend_invoice"),
    path("courriers/<int:key>/renvoyer/", acts_letters.ResendLetter.view(), name="desk_act_resend_letter"),
    path("courriers/<int:key>/relancer/", acts_letters.RetryLetter.view(), name="desk_act_retry_letter"),
    path("courriers/<int:key>/lever-le-doute/", acts_letters.SettleDoubt.view(), name="desk_act_settle_doubt"),
    path("destinataires/<int:key>/adresse/", acts_people.CorrectAddress.view(), name="desk_act_address"),
    path("personnes/<int:key>/e-mail/", acts_people.ReplaceEmail.view(), name="desk_act_email"),
    path("declarations/<int:key>/appliquer/", acts_stopping.CarryOutDeclaration.view(), name="desk_act_declaration"),
    path("declarations/<int:key>/regler/", acts_stopping.SettleDeclaration.view(), name="desk_act_settle"),
    path("abonnements/<int:key>/arreter/", acts_stopping.EndSubscription.view(), name="desk_act_end"),
    path("a-traiter/<int:key>/prendre/", acts_desks.TakeItem.view(), name="desk_act_take"),
    path("a-traiter/<int:key>/clore/", acts_desks.CloseItem.view(), name="desk_act_close"),
    path("equipe/ajouter/", hiring.Hire.view(), name="desk_act_hire"),
    path("equipe/<int:key>/mot-de-passe/", hiring.GiveLink.view(), name="desk_act_link"),
    path("equipe/<int:key>/retirer/", hiring.Dismiss.view(), name="desk_act_dismiss"),
    path("equipe/<int:key>/roles/", team.ChangeRoles.view(), name="desk_act_roles"),
    path("equipe/<int:key>/second-facteur/", team.ResetSecondFactor.view(), name="desk_act_reset"),
]

urlpatterns = [
    path("gestion/", include([*door, *pages, *acts])),
    path("gestion/registres/", registers.urls),
]
