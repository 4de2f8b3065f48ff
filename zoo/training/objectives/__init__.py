"""What a training does: one lightning module for each objective that is trained in steps."""
