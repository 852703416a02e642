"""The two functions that the law wants within everybody's reach: renouncing a contract, ending one. No account, no script."""
