"""Our bank's statements: read, let in whole, and every line explained or in sight."""
