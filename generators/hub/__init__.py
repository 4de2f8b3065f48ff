"""The Hugging Face Hub: errors of its client, what a repository holds, pushing a folder."""
