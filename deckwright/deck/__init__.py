"""The deck folder on disk: settings, bibliography, media, and the files of notes, which are only listed."""
