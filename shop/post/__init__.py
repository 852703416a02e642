"""The doors of the post: where mail providers tell of returns, and short addresses printed on paper."""
