"""What mail providers and servers tell of letters: who is believed, what it changes, what follows."""
