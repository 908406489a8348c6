"""From manifests to a better model: cold start from text-to-speech, fine-tuning, evaluation."""
