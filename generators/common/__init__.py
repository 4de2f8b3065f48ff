"""What all packages use: errors, records, files, pictures. It imports nothing of ours."""
