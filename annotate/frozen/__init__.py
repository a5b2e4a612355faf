"""What a snapshot is made of and says of itself: splits, figures, findings, seals. Pure."""
