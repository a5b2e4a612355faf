"""What is found in texts and shown of them: query words, evidence, changes, code. Pure."""
