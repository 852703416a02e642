"""Three ways to say where the money is: the books, Stripe's balance, the bank's statements; and why they differ."""
