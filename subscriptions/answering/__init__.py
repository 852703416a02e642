"""What is shown to a bank that disputes a payment: read from the promise, told in English, quoting what was French.

Banks read evidence once, on paper, and follow no link (docs/decisions/0039).
"""
