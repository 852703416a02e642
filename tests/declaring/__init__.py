"""What is told to the State: Chorus Pro, e-reporting, sales to other states of the Union."""
