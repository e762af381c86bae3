"""Finding things whatever they are: by the words in them, and by their tags."""
