"""From pairs to what people and trainers use: exports, the report, alignments on a screen, figures."""
