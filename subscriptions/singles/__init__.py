"""Past issues sold one by one, from the stock: quoted, reserved, sold, sent with what leaves the stock, taken back."""
