"""Lost copies: what comes back, what readers claim, what is sent again."""
