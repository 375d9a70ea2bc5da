"""Reports: pages are composed once as blocks, and rendered in each format."""
