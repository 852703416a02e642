"""Our bank's statements: every format, every refusal, and what becomes of each line."""
