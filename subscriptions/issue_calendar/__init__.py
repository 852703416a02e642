"""The calendar of issues: planned, moved, watched; and what readers are told when a day slips."""
