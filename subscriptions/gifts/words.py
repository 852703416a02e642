"""What a giver reads just above the order button, beside what every buyer reads. Evidence, so in French, as there."""

from __future__ import annotations

BLOCK = {
    "key": "gift",
    "label": "Cadeau",
    "text": (
        "Un abonnement d’un an, offert une fois : il n’est jamais reconduit. Les numéros vont à la personne que vous "
        "désignez ; le contrat, la facture, la rétractation et le remboursement restent les vôtres. Elle ne voit aucun prix, "
        "et vous ne voyez pas l’adresse qu’elle pourrait nous donner ensuite. Nous lui disons qui offre, ce que nous savons "
        "d’elle et comment s’y opposer."
    ),
}
