"""What people look at: error tables and plots."""
