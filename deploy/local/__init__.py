"""The whole shop on one machine: the two servers, the demo and the mailbox. Knows nothing of Django."""
