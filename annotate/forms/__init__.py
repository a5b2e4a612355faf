"""What the pages of this room take from a browser, a file for each page that takes something."""
