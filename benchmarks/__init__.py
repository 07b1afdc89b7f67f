"""What ``make bench`` and ``make bench-torch`` measure."""
