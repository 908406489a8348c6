"""From files to training data: one module per verb. Imports `align`, never `flows`."""
