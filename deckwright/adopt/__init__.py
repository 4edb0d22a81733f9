"""An existing package, whoever made it → a deck folder whose notes keep their GUIDs."""
