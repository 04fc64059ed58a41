"""What is asked of every trained model: its symmetries, its derivatives, and what it does beyond its data."""
