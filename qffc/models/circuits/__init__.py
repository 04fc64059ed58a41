"""Which atoms take the sites of which circuit, and which atoms are near enough to count."""
