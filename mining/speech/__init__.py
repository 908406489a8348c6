"""Audio to segments to emissions: decode, find speech, cut, hear."""
