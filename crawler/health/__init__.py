"""Whether all is well with an archive and what is around it."""
