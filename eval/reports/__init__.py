"""Reports: what models reach beside a paper, written by one machinery, a package a paper."""
