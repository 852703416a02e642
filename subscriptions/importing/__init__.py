"""Importing: running subscribers of another house, from a file to subscriptions, whole or not at all.

A file is received (`receiving`), read line by line (`checking`), looked at beside the totals that the former house declares
(`totals`), approved by a person (`deciding`), and let in by a job in small batches (`letting_in`). What stands in each
column is one table (`columns`), printed into docs/import.md.
"""
