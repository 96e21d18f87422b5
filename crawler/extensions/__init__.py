"""Extensions that report on a run."""
