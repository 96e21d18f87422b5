"""Health of an archive and its surroundings."""
