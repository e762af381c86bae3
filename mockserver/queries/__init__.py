"""How queries are run: at once or in the background, anew or from what is kept. What they compute is `analytics`."""
