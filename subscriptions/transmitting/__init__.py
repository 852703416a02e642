"""Transmitting: closed files go to the mailing house by SFTP or a folder, each on a row, and arrive once."""
