"""The electronic invoice inside the PDF: Factur-X, profile EN 16931 (law.md 3.2)."""
