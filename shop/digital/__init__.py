"""The digital edition's pages for readers, and what the publisher's other sites may ask."""
