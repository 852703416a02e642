"""Files for the accountant and the tax office, made from the books and kept."""
