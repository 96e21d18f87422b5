"""Looking at the archive: questions and their answers."""
