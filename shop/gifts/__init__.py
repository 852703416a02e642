"""The pages of those who receive a gift, and the card that its giver prints."""
