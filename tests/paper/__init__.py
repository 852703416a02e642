"""Letters on paper: who gets them, how they look, how they are posted and proved."""
