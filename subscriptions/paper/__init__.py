"""Letters on paper: to whom, how they are set, in which batch they are posted, until when they must be."""
