"""Changes of price: who is reached, what was signed, how each reader hears of it and refuses."""
