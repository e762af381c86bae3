"""Things that are made by others than by whoever asks for them: by a project, by a flag, by a load."""
