"""Cards as Anki will show them, in a browser: a local page that follows every save, and a static site to publish."""
