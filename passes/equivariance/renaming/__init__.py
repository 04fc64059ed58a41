"""Programs with their names replaced: words of letters, images, and where the two differ."""
