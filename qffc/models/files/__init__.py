"""Model files and what they say: arrays, metadata, the data a model has seen; models that come with qffc."""
