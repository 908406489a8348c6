"""What each stage costs on one core: seconds for an hour of audio or a page, and bytes."""
