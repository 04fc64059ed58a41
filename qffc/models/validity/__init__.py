"""Where a model's training data end, and what it does there."""
