"""What becomes of letters by e-mail after they left: delivered, come back, called spam; and what follows from it."""
