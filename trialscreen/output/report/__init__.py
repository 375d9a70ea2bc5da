"""Results for people and programs: composed once as blocks, rendered in each format."""
