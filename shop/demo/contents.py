"""What nine issues of the magazine are about: cover story, pages, and the table of contents as far as it is known.

The titles are made up. The further an issue lies ahead, the less of it is settled, as in any newsroom.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Article:
    """One line of a table of contents."""

    folio: int
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """One issue: its cover story, its pages, its articles."""

    headline: str
    pages: int
    articles: tuple[Article, ...]

    def contents(self) -> list[dict[str, object]]:
        """The table of contents as the issue keeps it."""
        return [{"folio": one.folio, "title": one.title, "text": one.text} for one in self.articles]


#: Of the three issues before the nine, sold out by now.
OLDER_DOSSIERS = (
    Dossier(
        "Qui écrit quand la machine écrit",
        108,
        (
            Article(6, "Repères", "Une saison de procès, de brevets et de promesses."),
            Article(24, "Signé qui ?", "Romanciers, journalistes et correcteurs devant la même page blanche."),
            Article(66, "Entretien", "« Le style est ce qui reste quand on a tout prédit. »"),
        ),
    ),
    Dossier(
        "La voiture qui hésite",
        112,
        (
            Article(6, "Repères", "Trois mois d’essais, d’arrêts et d’arrêtés."),
            Article(20, "Au carrefour", "Ce que voit une voiture à Rouen, un soir de pluie, et ce qu’elle en conclut."),
            Article(84, "Atelier", "Reconnaître un panneau sous la neige, avec douze images."),
        ),
    ),
    Dossier(
        "Apprendre avec, apprendre sans",
        120,
        (
            Article(6, "Repères", "Rentrée : ce que disent les circulaires, ce que font les classes."),
            Article(22, "Deux sixièmes", "Un collège, deux classes, une année : le journal de bord d’une expérience."),
            Article(96, "Lectures", "Neuf livres pour parents inquiets."),
        ),
    ),
)
DOSSIERS = (
    Dossier(
        "Ce que l’IA coûte vraiment",
        116,
        (
            Article(6, "Repères", "Trois mois de recherche, de droit et d’industrie en seize brèves."),
            Article(
                22,
                "Le compteur tourne",
                "Du centre de données au robinet d’eau : enquête sur les factures que personne ne publie.",
            ),
            Article(44, "Entretien", "« Un modèle sobre est d’abord un modèle qu’on n’a pas entraîné deux fois. »"),
            Article(58, "Calculer la nuit", "En Islande et dans l’Isère, deux façons de suivre le courant."),
            Article(76, "Atelier", "Mesurer la consommation d’un modèle avec un wattmètre à vingt euros."),
            Article(102, "Lectures", "Onze livres, dont trois à ne pas prêter."),
        ),
    ),
    Dossier(
        "À l’hôpital, la machine en seconde lecture",
        124,
        (
            Article(6, "Repères", "Le règlement européen, article par article, et qui doit faire quoi."),
            Article(
                20,
                "Deux paires d’yeux",
                "Trois services de radiologie ont tenu un an de registre : ce que l’algorithme a vu, ce qu’il a manqué.",
            ),
            Article(46, "Reportage", "Aux urgences de Valence, le tri assisté un soir de grand froid."),
            Article(62, "Entretien", "Une médecin, un juriste : qui signe quand la machine propose ?"),
            Article(78, "Atelier", "Lire une courbe ROC sans se laisser impressionner."),
            Article(104, "Portrait", "La statisticienne qui relit les essais des autres."),
        ),
    ),
    Dossier(
        "Les agents au travail",
        120,
        (
            Article(6, "Repères", "Modèles, procès, levées de fonds : l’essentiel de l’été."),
            Article(
                18,
                "Une semaine avec un collègue logiciel",
                "Cinq entreprises ont confié une vraie tâche à un agent. Nous avons regardé les journaux d’exécution.",
            ),
            Article(42, "Droit", "Quand un agent commande, qui a commandé ?"),
            Article(56, "Entretien", "« Le plus difficile n’est pas d’agir, c’est de savoir s’arrêter. »"),
            Article(72, "Enquête", "Les petites mains qui notent les réponses, d’Antananarivo à Nairobi."),
            Article(90, "Atelier", "Donner à un agent des droits qu’on peut lui reprendre."),
            Article(108, "Lectures", "Un roman, deux essais et une bande dessinée sur le travail."),
        ),
    ),
    Dossier(
        "Apprendre avec une machine qui répond",
        120,
        (
            Article(6, "Repères", "La rentrée des laboratoires, les appels à projets, les chiffres."),
            Article(20, "La copie et le brouillon", "Dans quatre lycées, ce que les élèves demandent vraiment."),
            Article(48, "Entretien", "Un inspecteur et une professeure de français ne sont pas d’accord."),
            Article(66, "Reportage", "L’école de Rodez qui écrit ses propres exercices."),
            Article(84, "Atelier", "Faire corriger un modèle par une classe de troisième."),
        ),
    ),
    Dossier(
        "Le droit d’auteur à l’épreuve des modèles",
        116,
        (
            Article(20, "Qui a lu quoi", "Remonter d’une phrase produite à ceux qui l’ont écrite d’abord."),
            Article(46, "Entretien", "Une éditrice qui a dit oui, un traducteur qui a dit non."),
            Article(70, "Droit", "L’opposition à la fouille de textes, mode d’emploi."),
        ),
    ),
    Dossier(
        "Petits modèles, grandes maisons",
        116,
        (
            Article(20, "Sans réseau", "Mairies, ateliers, cabinets : ceux qui font tourner un modèle sous le bureau."),
            Article(52, "Comparatif", "Neuf modèles ouverts sur une machine de bureau, et la facture d’électricité."),
        ),
    ),
    Dossier(
        "Voter à l’heure des images fabriquées",
        124,
        (
            Article(20, "La voix du candidat", "Six semaines de campagne passées au tamis."),
            Article(50, "Enquête", "Ce que les plateformes retirent, et ce qu’elles laissent."),
        ),
    ),
    Dossier(
        "Traduire, un métier en sursis ?",
        116,
        (
            Article(
                20,
                "Le dernier mot",
                "Interprètes, sous-titreurs, traducteurs littéraires : trois métiers, trois avenirs.",
            ),
        ),
    ),
    Dossier(
        "Ce que les réseaux ont appris du cerveau, et l’inverse",
        120,
        (Article(20, "Allers et retours", "Soixante-dix ans d’emprunts entre neurosciences et informatique."),),
    ),
)
