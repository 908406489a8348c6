"""PDF to pages to sentences: what is written, where it stands, and in which words it is read."""
