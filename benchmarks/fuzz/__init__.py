"""What readers make of damaged and hostile input."""
