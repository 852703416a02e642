"""The demo's made-up readers: who they are, what became of them, and how that is played through the real shop.

Nothing of the shop imports this. `manage.py load_demo` is its only door, and it opens in a demo only (`settings.DEMO`).
"""
