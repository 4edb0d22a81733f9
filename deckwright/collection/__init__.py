"""The deck in a learner's or author's own Anki: push a build into it, pull edits out of it, see what is forgotten."""
