"""From several judgments to one grade: policies, and whom to trust how far. Pure, no Django."""
