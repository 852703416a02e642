"""What can be bought, at which price, from when, and what the law wants said beside it."""
