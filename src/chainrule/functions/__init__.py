"""What users call: PyTorch's names and signatures, validated and documented, in terms of ``ops``."""
