"""Invoices and credit notes: numbering, issuing, crediting, rendering."""
