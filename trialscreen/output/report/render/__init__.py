"""Renders the blocks of a page as HTML, Markdown, plain text or in a terminal."""
