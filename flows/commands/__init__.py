"""The verbs of `shruti`, a module for each group of `shruti --help`. None imports anything heavy before it runs."""
