"""What one model does not know: heads drawn from the posterior of its last layer, and how far they are apart."""
