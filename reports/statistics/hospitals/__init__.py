"""What sites say of the next one: a random-effects mean, how much sites differ, and where the next will lie."""
