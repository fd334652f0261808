"""The desk: the work. Cases that live until the money comes."""
