"""How commands begin, show things and end."""
