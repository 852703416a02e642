"""The digital edition: whether there is one, its files, who may read them and who did; and what other sites may ask."""
