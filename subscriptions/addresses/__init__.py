"""Postal addresses: what a person typed, and the label the postman will read.

Pure: no models, no clock, no network, no settings beyond the active language of the sentences.
"""
