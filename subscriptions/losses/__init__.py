"""Lost copies: those that came back (PND), those that readers claim, and the back issues that are sent in their place."""
