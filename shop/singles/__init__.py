"""The pages where past issues are looked at, chosen and ordered."""
