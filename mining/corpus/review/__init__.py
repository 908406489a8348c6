"""People listen to pairs and judge them; what they say tells how right a corpus is, and teaches the confidence."""
