"""What stands on papers for a mailing house, in French: kinds of runs and lines, zones."""

from __future__ import annotations

from collections.abc import Mapping

RUN_KINDS: Mapping[str, str] = {
    "main": "Fichier principal",
    "complement": "Complément",
    "resend": "Envois du stock",
}
KINDS: Mapping[str, str] = {
    "ABO": "abonnements (ABO)",
    "GFT": "abonnements offerts (GFT)",
    "GRA": "services gratuits (GRA)",
    "JUS": "justificatifs (JUS)",
    "RCL": "réclamations (RCL)",
    "VAN": "ventes au numéro (VAN)",
}
ZONES: Mapping[str, str] = {
    "METR": "France métropolitaine (METR)",
    "CORS": "Corse (CORS)",
    "DOM": "départements d’outre-mer (DOM)",
    "TOM": "collectivités d’outre-mer (TOM)",
    "UE": "Union européenne (UE)",
    "MOND": "reste du monde (MOND)",
}
