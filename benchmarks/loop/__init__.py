"""The loop from a cold start on real speech: what it gains, and how near it comes to true transcripts."""
