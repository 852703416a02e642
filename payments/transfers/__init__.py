"""Money that Stripe cannot give back goes by bank transfer: asked, given, approved, sent, arrived."""
