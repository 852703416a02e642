"""Lists that made-up readers are drawn from: names, streets, towns. Nobody in particular bears them together."""

WOMEN = (
    "Camille", "Claire", "Élodie", "Nathalie", "Isabelle", "Sophie", "Aïcha", "Manon", "Chloé", "Hélène", "Françoise",
    "Monique", "Inès", "Lucie", "Mathilde", "Pauline", "Marion", "Justine", "Céline", "Aurélie", "Fatou", "Yasmine",
    "Margaux", "Anne-Laure", "Marie-Noëlle", "Béatrice", "Sylvie", "Odile", "Noémie", "Solène", "Agathe", "Maëlle",
    "Léa", "Zoé", "Rosalie", "Thérèse", "Gwenaëlle", "Nadia", "Samira", "Linh",
)  # fmt: skip
MEN = (
    "Thomas", "Nicolas", "Julien", "Antoine", "François", "Jérôme", "Étienne", "Benoît", "Karim", "Mehdi", "Baptiste",
    "Rémi", "Loïc", "Yann", "Gaël", "Pierre", "Philippe", "Jean-Marc", "Jean-Baptiste", "Michel", "Gérard", "Bernard",
    "Hugo", "Lucas", "Théo", "Maxime", "Quentin", "Clément", "Olivier", "Sébastien", "Frédéric", "Vincent", "Mathieu",
    "Raphaël", "Ousmane", "Minh", "Idriss", "Arthur", "Gilles", "Didier",
)  # fmt: skip
FAMILIES = (
    "Martin", "Bernard", "Dubois", "Lefèvre", "Moreau", "Girard", "Rousseau", "Fontaine", "Chevalier", "Gauthier",
    "Perrin", "Morel", "Renard", "Barbier", "Arnaud", "Carpentier", "Lemoine", "Roussel", "Guérin", "Boyer", "Garnier",
    "Faure", "Mercier", "Blanchard", "Marchand", "Dumont", "Colin", "Brunet", "Vidal", "Aubry", "Leclercq", "Besson",
    "Prévost", "Hamon", "Le Gall", "Kerbrat", "Le Goff", "Etcheverry", "Schmitt", "Muller", "Weber", "Klein", "Pons",
    "Delmas", "Cazenave", "Lacroix", "Ferrand", "Poirier", "Charpentier", "Bertin", "Maillard", "Noël", "Tessier",
    "Benali", "Haddad", "Traoré", "Diallo", "Nguyen", "Da Silva", "Costa", "Ferreira", "Rossi", "Bonnet", "Chauvin",
    "Delaunay", "Baudry", "Grandjean", "Hennequin", "Jacquot", "Lagarde", "Malherbe", "Nicolle", "Ozanne", "Pasquier",
    "Quéméneur", "Rivière", "Sauvage", "Thibault", "Urbain", "Vasseur", "Wagner", "Yvon",
)  # fmt: skip
WAYS = ("rue", "rue", "rue", "rue", "rue", "avenue", "boulevard", "place", "impasse", "chemin", "allée", "quai")
STREETS = (
    "des Lilas", "de la République", "Victor Hugo", "Jean Jaurès", "des Écoles", "du Moulin", "de la Gare", "Pasteur",
    "du Général Leclerc", "des Tilleuls", "de l’Église", "Émile Zola", "du Château", "des Acacias", "Gambetta",
    "de Verdun", "du Vieux Port", "Louise Michel", "Marie Curie", "des Peupliers", "de la Fontaine", "Voltaire",
    "du Marché", "Saint-Martin", "Notre-Dame", "de la Liberté", "Aristide Briand", "du Stade", "des Vignes",
    "de Bretagne", "George Sand", "Ada Lovelace", "Henri Poincaré", "Sophie Germain", "Blaise Pascal", "des Remparts",
)  # fmt: skip
RESIDENCES = ("Résidence Les Cèdres", "Résidence du Parc", "Bâtiment B", "Entrée 3", "Les Terrasses", "Le Clos Fleuri")
FLATS = ("Appartement 12", "Étage 3, porte gauche", "Escalier C", "Chez Mme Bertin", "Porte 204")
TOWNS = (
    ("75003", "Paris"), ("75005", "Paris"), ("75010", "Paris"), ("75011", "Paris"), ("75013", "Paris"), ("75014", "Paris"),
    ("75018", "Paris"), ("75020", "Paris"), ("69001", "Lyon"), ("69003", "Lyon"), ("69007", "Lyon"), ("69100", "Villeurbanne"),
    ("13001", "Marseille"), ("13006", "Marseille"), ("13008", "Marseille"), ("13100", "Aix-en-Provence"),
    ("31000", "Toulouse"), ("31400", "Toulouse"), ("44000", "Nantes"), ("44300", "Nantes"), ("33000", "Bordeaux"),
    ("33800", "Bordeaux"), ("59000", "Lille"), ("59100", "Roubaix"), ("67000", "Strasbourg"), ("68100", "Mulhouse"),
    ("35000", "Rennes"), ("35400", "Saint-Malo"), ("34000", "Montpellier"), ("34200", "Sète"), ("38000", "Grenoble"),
    ("38400", "Saint-Martin-d’Hères"), ("06000", "Nice"), ("06130", "Grasse"), ("76000", "Rouen"), ("76600", "Le Havre"),
    ("21000", "Dijon"), ("25000", "Besançon"), ("54000", "Nancy"), ("57000", "Metz"), ("51100", "Reims"), ("37000", "Tours"),
    ("45000", "Orléans"), ("63000", "Clermont-Ferrand"), ("87000", "Limoges"), ("86000", "Poitiers"), ("17000", "La Rochelle"),
    ("29200", "Brest"), ("29000", "Quimper"), ("56000", "Vannes"), ("14000", "Caen"), ("50100", "Cherbourg-en-Cotentin"),
    ("72000", "Le Mans"), ("49000", "Angers"), ("85000", "La Roche-sur-Yon"), ("64000", "Pau"), ("64100", "Bayonne"),
    ("65000", "Tarbes"), ("66000", "Perpignan"), ("30000", "Nîmes"), ("84000", "Avignon"), ("26000", "Valence"),
    ("73000", "Chambéry"), ("74000", "Annecy"), ("42000", "Saint-Étienne"), ("71000", "Mâcon"), ("89000", "Auxerre"),
    ("10000", "Troyes"), ("80000", "Amiens"), ("62000", "Arras"), ("02000", "Laon"), ("08000", "Charleville-Mézières"),
    ("88000", "Épinal"), ("70000", "Vesoul"), ("39000", "Lons-le-Saunier"), ("01000", "Bourg-en-Bresse"), ("12000", "Rodez"),
    ("46000", "Cahors"), ("24000", "Périgueux"), ("19000", "Tulle"), ("15000", "Aurillac"), ("48000", "Mende"),
    ("07200", "Aubenas"), ("05000", "Gap"), ("04000", "Digne-les-Bains"), ("83000", "Toulon"),
    ("93100", "Montreuil"), ("93200", "Saint-Denis"), ("94200", "Ivry-sur-Seine"), ("92100", "Boulogne-Billancourt"),
    ("92240", "Malakoff"), ("78000", "Versailles"), ("91400", "Orsay"), ("95000", "Cergy"), ("77300", "Fontainebleau"),
)  # fmt: skip
